-- Lets the hook `settings` of init.lua change variables. What it returns becomes variables again, so that every check
-- of the settings sees it.

local distance = require "lib.distance"
local schema = require "settings.schema"
local tables = require "lib.tables"

local hooked = {}

---@class Hook a function of init.lua
---@field where string its file and line
---@field call fun(value: any): boolean, any under the limits; false after a fault
---@field fault fun(what: string, hint: string)

-- What was read already when init.lua is asked.
local EARLY = {"SYNAPSE_CONFIG_DIR", "SYNAPSE_CONFIG_PATH", "SYNAPSE_DATA_DIR", "SYNAPSE_AS_REGISTRATION_DIR",
  "SYNAPSE_LOG_CONFIG", "SYNLUA_RUNTIME_DIR", "SYNLUA_SYNAPSE_PYTHON", "SYNLUA_POSTGRES_DIR", "SYNLUA_USER_DIR",
  "SYNLUA_TRUST_OVERRIDES", "UID", "GID"}

local function text_of(input, source)
  if not source then return nil end
  local plain, path = input.environment[source], source:match "_FILE$" and input.environment[source]
  local file = path and input.files[path]
  return file and file.text and (file.text:match "^(.-)\r?\n$" or file.text) or plain
end

-- What the hook gets: single values as they are, and of the others the text of the variable.
local function given_of(settings, input)
  local given = {}
  for _, entry in ipairs(schema.entries) do
    local value = settings[entry.name]
    if type(value) == "table" then value = text_of(input, settings.sources[entry.name]) end
    given[entry.name] = value
  end
  return given
end

local WORDS = {[true] = "yes", [false] = "no"}

-- The text of a variable; false unsets it. nil: no variable can hold the value.
local function as_variable(value)
  if value == nil then return false end
  local kind = type(value)
  if kind == "boolean" then return WORDS[value] end
  if kind == "string" then return not value:find "\0" and value or nil end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  return kind == "number" and tostring(value) or nil
end

local function name_faults(wanted, hook)
  local good = true
  local function fault(what, hint)
    good = false
    hook.fault(what, hint)
  end
  for name in tables.sorted(wanted) do
    if not schema.owner[name] then
      local meant = type(name) == "string" and distance.nearest(name, tables.keys(schema.owner))
      fault(("returns %s, which is no variable%s"):format(tostring(name), meant and ("; did you mean %s?"):format(meant)
        or ""), "synlua env lists the variables")
    elseif schema.owner[name].name ~= name then
      fault(("returns %s, which is another name of %s"):format(name, schema.owner[name].name), "use that name")
    end
  end
  return good
end

local function changes(wanted, given, hook)
  local list, early = {}, {}
  for _, name in ipairs(EARLY) do early[name] = true end
  for _, entry in ipairs(schema.entries) do
    local name = entry.name
    if wanted[name] ~= given[name] then
      local text = as_variable(wanted[name])
      if early[name] then
        hook.fault(("changes %s, which was read before init.lua"):format(name), "set that variable itself")
      elseif text == nil then
        hook.fault(("sets %s to a %s"):format(name, type(wanted[name])), "write text, a number, true or false")
      else
        list[name] = text
      end
    end
  end
  return list
end

local function changed_environment(environment, list)
  local made = tables.copy(environment)
  for name, text in pairs(list) do
    for _, other in ipairs(schema.names(schema.owner[name])) do made[other], made[other .. "_FILE"] = nil, nil end
    made[name] = text or nil
  end
  return made
end

--- The environment as the hook wants it, and which variables it changes. nil if it changes none.
---@param settings Settings
---@param input Input
---@param hook Hook
---@return table<string, string>|nil
---@return table<string, string>|nil changed variable -> where the hook is
function hooked.environment(settings, input, hook)
  local given = given_of(settings, input)
  local ok, wanted = hook.call(tables.copy(given))
  if not ok or wanted == nil then return end
  if type(wanted) ~= "table" then
    return hook.fault(("must return a table or nil, but returns a %s"):format(type(wanted)),
      "end it with return settings")
  end
  if not name_faults(wanted, hook) then return end
  local list, where = changes(wanted, given, hook), {}
  if next(list) == nil then return end
  for name in pairs(list) do where[name] = hook.where end
  return changed_environment(input.environment, list), where
end

return hooked
