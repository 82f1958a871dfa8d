-- EDGE
-- `synlua psql`: opens Synapse's database in PostgreSQL's own client. It runs as Synapse's user, because
-- homeserver.yaml names the server and the files of its certificates.

local database = require "plan.database.choice"
local database_sections = require "input.database_sections"
local document = require "lib.document"
local configuration = require "cli.configuration"
local program = require "cli.program"

local EX_UNAVAILABLE, EX_CONFIG = 69, 78

-- The password goes into the environment, because everybody can see arguments.
local FIELDS = {host = "PGHOST", port = "PGPORT", user = "PGUSER", password = "PGPASSWORD", dbname = "PGDATABASE",
  database = "PGDATABASE", sslmode = "PGSSLMODE", sslrootcert = "PGSSLROOTCERT", sslcert = "PGSSLCERT",
  sslkey = "PGSSLKEY"}

-- Another user must not read files in root's home, so it gets none.
local function environment(args, user)
  local list = {"TERM=" .. (os.getenv "TERM" or "dumb"), "HOME=" .. (not user.drop and os.getenv "HOME" or "/")}
  if user.drop then table.move({"PSQLRC=/dev/null", "PSQL_HISTORY=/dev/null"}, 1, 2, #list + 1, list) end
  for field, name in pairs(FIELDS) do
    if args[field] ~= nil then list[#list + 1] = name .. "=" .. tostring(args[field]) end
  end
  return list
end

---@param arguments {arguments: string[]}
---@return integer
return function(arguments)
  local done, input = configuration.make()
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  local said = database_sections.main(document.plain(done.view.homeserver.merged))
  if not said or said.engine ~= "psycopg2" then
    io.stderr:write("synlua: the database is SQLite; psql is for PostgreSQL\n")
    return EX_CONFIG
  end
  local client = input.host.programs.psql
  if not client then
    io.stderr:write("synlua: psql is not installed; install postgresql-client\n")
    return EX_UNAVAILABLE
  end
  local args = said.args
  if done.view.database.kind == "builtin" then args.dbname = database.NAME end
  return program.as_synapse(done.view, {argv = {client, table.unpack(arguments.arguments or {})},
    environment = environment(args, done.view.users.synapse)})
end
