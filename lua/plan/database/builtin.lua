-- The files and directories of the built-in PostgreSQL, and the version that serves an existing cluster.

local tables = require "lib.tables"

local postgres = {}

---@class PostgresPlace
---@field version string
---@field programs string directory
---@field data string directory of the cluster
---@field exists boolean
---@field sockets string directory
---@field runtime string directory of rendered files

local function newest(versions)
  local best
  for version in pairs(versions) do
    if tonumber(version) > tonumber(best or 0) then best = version end
  end
  return best
end

local function missing(view, cluster)
  local have = table.concat(tables.keys(view.input.host.postgres), ", ")
  local directory = view.paths.data .. "/postgres/" .. cluster
  return {where = directory, what = ("is a cluster of PostgreSQL %s, and %s is installed here"):format(cluster,
      have == "" and "no PostgreSQL" or "only version " .. have),
    hint = ("install postgresql-%s; or dump the database with version %s and load it into an empty data directory")
      :format(cluster, cluster)}
end

--- The place of the server, or the problem.
---@param view View
---@return PostgresPlace|nil
---@return Problem?
function postgres.place(view)
  local versions, cluster = view.input.host.postgres, view.input.store.cluster
  local version = cluster or newest(versions)
  if not version then
    return nil, {where = "PostgreSQL", what = "is not installed, and workers need it",
      hint = "install postgresql-15, or name a server in POSTGRES_HOST"}
  elseif not versions[version] then
    return nil, missing(view, cluster)
  elseif not view.users.postgres then
    return nil, {where = "PostgreSQL", what = "has no user postgres to run as", hint = "add that user"}
  end
  local runtime = view.paths.runtime .. "/postgres"
  return {
    version = version, programs = versions[version], data = ("%s/postgres/%s"):format(view.paths.data, version),
    exists = cluster ~= nil, sockets = runtime .. "/run", runtime = runtime,
  }
end

return postgres
