-- The variables of an external PostgreSQL server and what they mean together. Only this file knows which they are.

local postgres = {}

---@class PostgresArgument
---@field name string of database.args in Synapse's configuration
---@field variable string
---@field locates? boolean a different value means a different database

---@type PostgresArgument[] sorted by name
postgres.ARGUMENTS = {
  {name = "cp_max", variable = "POSTGRES_CP_MAX"},
  {name = "cp_min", variable = "POSTGRES_CP_MIN"},
  {name = "dbname", variable = "POSTGRES_DB", locates = true},
  {name = "host", variable = "POSTGRES_HOST", locates = true},
  {name = "password", variable = "POSTGRES_PASSWORD", locates = true},
  {name = "port", variable = "POSTGRES_PORT", locates = true},
  {name = "user", variable = "POSTGRES_USER", locates = true},
}

postgres.COMMIT = "SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT"

-- Either of these asks for an external server. The others have an effect only together with one of them.
local ASK = {"POSTGRES_HOST", "POSTGRES_PASSWORD"}

--- The name by which the admin asked for an external server, or nil.
---@param sources table<string, string> of settings
---@return string|nil
function postgres.asked_by(sources)
  for _, name in ipairs(ASK) do
    if sources[name] then return sources[name] end
  end
end

--- Whether an external server is asked for, with a valid value or not.
---@param given fun(name: string): boolean
---@return boolean
function postgres.is_asked(given) return given(ASK[1]) or given(ASK[2]) end

--- The variables that have no effect without an external server.
---@return string[]
function postgres.idle()
  local asks, list = {[ASK[1]] = true, [ASK[2]] = true}, {}
  for _, argument in ipairs(postgres.ARGUMENTS) do
    if not asks[argument.variable] then list[#list + 1] = argument.variable end
  end
  list[#list + 1] = postgres.COMMIT
  return list
end

return postgres
