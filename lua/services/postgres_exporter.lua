-- The exporter that asks PostgreSQL how it is, for Prometheus.

local later = require "lib.later"
local builtin = later "plan.database.builtin" ---@module "plan.database.builtin"
local exporters = later "plan.metrics.exporter" ---@module "plan.metrics.exporter"
local octal = require "lib.octal"
local quote = require "files.quote"
local tables = require "lib.tables"

local service = {api = 2}

local DIRECTORY, PASSWORDS = "postgres_exporter", "pgpass"

-- Without the password, which stands in a file.
local function words(dsn)
  local list = {}
  for name, value in tables.sorted(dsn) do
    list[#list + 1] = name .. "=" .. assert(quote.libpq(value, "="))
  end
  return table.concat(list, " ")
end

-- Since version 17 PostgreSQL counts checkpoints in another place, where the exporter looks only if it is told to. One
-- that does not know the option would end.
local WITH_CHECKPOINTS = [[
if grep -q stat_checkpointer "$1"; then exec "$@" --collector.stat_checkpointer; fi
exec "$@"]]

local function arguments(view, exporter)
  local argv = {exporter.program, "--web.listen-address=" .. exporters.listen(exporter), "--log.level=warn"}
  local place = exporter.builtin and builtin.place(view)
  if not place or tonumber(place.version) < 17 then return argv end
  return {"/bin/sh", "-c", WITH_CHECKPOINTS, "sh", table.unpack(argv)}
end

---@param view View
---@return table|nil
---@return Problem?
function service.plan(view)
  local exporter = view.exporters.postgres
  if not exporter then return end
  local target, environment = exporter.target, {"DATA_SOURCE_NAME=" .. words(exporter.target.dsn)}
  if target.password then
    environment[2] = ("PGPASSFILE=%s/%s/%s"):format(view.paths.runtime, DIRECTORY, PASSWORDS)
    local _, why = quote.pgpass(target.password)
    if why then
      return nil, {where = exporter.variable, what = "cannot use the password of the database: it " .. why,
        hint = "choose another password, or unset it"}
    end
  end
  return exporters.part(view, exporter, {
    argv = arguments(view, exporter),
    environment = environment, ready = "/", directory = DIRECTORY,
    after = exporter.builtin and "postgres_setup" or "database_check",
  })
end

---@param view View
---@return table[]
function service.files(view)
  local exporter = view.exporters.postgres
  local password = exporter and exporter.target.password
  local line = password and quote.pgpass(password)
  if not line then return {} end
  -- It takes the file only if it is its user's alone.
  return {{base = view.paths.runtime, path = DIRECTORY .. "/" .. PASSWORDS, mode = octal "0600",
    uid = exporter.user.uid, gid = exporter.user.gid, secret = true, bytes = "*:*:*:*:" .. line .. "\n"}}
end

return service
