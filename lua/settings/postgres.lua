-- What the variables of a PostgreSQL server outside mean together: the one place that knows which they are.

local postgres = {}

---@class PostgresArgument
---@field name string of database.args in Synapse's configuration
---@field variable string
---@field locates? boolean another value is another database

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

-- Either of them asks for a server outside; the others have a meaning beside them only.
local ASK = {"POSTGRES_HOST", "POSTGRES_PASSWORD"}

--- What asks for a server outside, as the admin set it; nil where nothing does.
---@param sources table<string, string> of settings
---@return string|nil
function postgres.asked_by(sources)
  for _, name in ipairs(ASK) do
    if sources[name] then return sources[name] end
  end
end

--- Whether one is asked for, be the value sound or not.
---@param given fun(name: string): boolean
---@return boolean
function postgres.is_asked(given) return given(ASK[1]) or given(ASK[2]) end

--- The variables that have no effect while none is asked for.
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
