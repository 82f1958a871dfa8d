-- The files and directories of the built-in PostgreSQL, the version that serves an existing cluster, and how its
-- programs run.

local octal = require "lib.octal"
local tables = require "lib.tables"

local postgres = {}

postgres.NO_USER = {where = "PostgreSQL", what = "has no user postgres to run as", hint = "add that user"}

---@class PostgresPlace
---@field version string
---@field programs string directory
---@field data string directory of the cluster
---@field exists boolean
---@field sockets string directory
---@field runtime string directory of rendered files

--- The newest of the installed versions.
---@param versions table<string, string>
---@return string|nil
function postgres.newest(versions)
  local best
  for version in pairs(versions) do
    if tonumber(version) > tonumber(best or 0) then best = version end
  end
  return best
end

--- The newest of the installed versions, if it is newer than that of the cluster.
---@param versions table<string, string>
---@param cluster string
---@return string|nil
function postgres.newer(versions, cluster)
  local newest = postgres.newest(versions)
  return newest and tonumber(newest) > tonumber(cluster) and newest or nil
end

local function missing(view, cluster)
  local have = table.concat(tables.keys(view.input.host.postgres), ", ")
  local directory = view.paths.data .. "/postgres/" .. cluster
  local newest = tonumber(postgres.newest(view.input.host.postgres) or 0)
  return {where = directory, what = ("is a cluster of PostgreSQL %s, and %s is installed here"):format(cluster,
      have == "" and "no PostgreSQL" or "only version " .. have),
    hint = newest < tonumber(cluster) and "install postgresql-" .. cluster
      or ("install postgresql-%s; or dump the database where that still is, as in the image before, and load it here: "
        .. "synlua upgrade-database --dump there, then synlua upgrade-database here"):format(cluster)}
end

--- Why no client could reach its socket; nil where they can. For libpq, a comma separates hosts.
---@param view View
---@return Problem?
function postgres.unreachable(view)
  if not view.paths.runtime:find(",", 1, true) then return end
  return {where = "SYNLUA_RUNTIME_DIR", what = ("is %s, and the clients of PostgreSQL take a comma in the path of a "
    .. "socket for the end of the path"):format(view.paths.runtime), hint = "choose a path without a comma"}
end

--- The place of the server, or the problem.
---@param view View
---@return PostgresPlace|nil
---@return Problem?
function postgres.place(view)
  local versions, cluster = view.input.host.postgres, view.input.store.cluster
  local version = cluster or postgres.newest(versions)
  if not version then
    return nil, {where = "PostgreSQL", what = "is not installed, and workers need it",
      hint = "install postgresql, or name its directory in SYNLUA_POSTGRES_DIR, or a server in POSTGRES_HOST"}
  elseif not versions[version] then
    return nil, missing(view, cluster)
  elseif not view.users.postgres then
    return nil, postgres.NO_USER
  end
  local problem = postgres.unreachable(view)
  if problem then return nil, problem end
  local runtime = view.paths.runtime .. "/postgres"
  return {
    version = version, programs = versions[version], data = ("%s/postgres/%s"):format(view.paths.data, version),
    exists = cluster ~= nil, sockets = runtime .. "/run", runtime = runtime,
  }
end

--- The process of one of its programs.
---@param view View
---@param argv string[]
---@param more? table
---@return table
function postgres.process(view, argv, more)
  local user = view.users.postgres
  local made = {
    argv = argv, environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}, cwd = "/",
    uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 2000,
  }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

--- Gives a process a name for its user. initdb needs one, and the user of a container may have none. libnss-wrapper
--- gives it one.
---@param view View
---@param made table the process
---@return boolean|nil
---@return Problem?
function postgres.add_name(view, made)
  if view.users.postgres.drop or view.input.host.named then return true end
  local library, runtime = view.input.host.name_library, view.paths.runtime .. "/postgres"
  if not library then
    return nil, {where = ("uid %d"):format(view.users.postgres.uid),
      what = "has no name in /etc/passwd, and initdb needs one to make the cluster",
      hint = "install libnss-wrapper, or run as a user of /etc/passwd, or name a server in POSTGRES_HOST"}
  end
  local list = made.environment
  list[#list + 1] = "LD_PRELOAD=" .. library
  list[#list + 1] = "NSS_WRAPPER_PASSWD=" .. runtime .. "/passwd"
  list[#list + 1] = "NSS_WRAPPER_GROUP=" .. runtime .. "/group"
  return true
end

--- A file that its user can read.
---@param view View
---@param name string
---@param bytes string
---@return File
function postgres.file(view, name, bytes)
  return {base = view.paths.runtime, path = "postgres/" .. name, mode = octal "0640", uid = view.users.own.uid,
    gid = view.users.postgres.gid, bytes = bytes}
end

--- The files of that name.
---@param view View
---@return File?
---@return File?
function postgres.name_files(view)
  local user = view.users.postgres
  if user.drop or view.input.host.named then return end
  return postgres.file(view, "passwd", ("postgres:x:%d:%d::/:/bin/false\n"):format(user.uid, user.gid)),
    postgres.file(view, "group", ("postgres:x:%d:\n"):format(user.gid))
end

--- The directory of all clusters, and that of what each start makes.
---@param view View
---@return table[]
function postgres.directories(view)
  local own, user = view.users.own, view.users.postgres
  return {
    {base = view.paths.data, path = "postgres", mode = octal "0700", uid = user.uid, gid = user.gid,
      only = user.drop},
    {base = view.paths.runtime, path = "postgres", mode = octal "0755", uid = own.uid, gid = own.gid},
  }
end

return postgres
