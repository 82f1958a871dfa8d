-- Turns the environment into settings: typed, checked and frozen. All problems are reported at once.

local checks = require "settings.checks"
local amounts = require "settings.amounts"
local kinds = require "settings.kinds"
local placeholder = require "lib.placeholder"
local postgres = require "settings.postgres"
local schema = require "settings.schema"
local tables = require "lib.tables"
local text = require "lib.text"
local unknown = require "settings.unknown"

local settings = {}

---@class Problem
---@field where string variable, or file:line
---@field what string
---@field hint string what to do

---@class Settings: table<string, any> one field per variable of the schema, by its name
---@field sources table<string, string> variable -> the name the admin set (NAME, NAME_FILE or an alias); nil: default
---@field inherited table<string, string> environment for Synapse's processes
---@field hooked table<string, string> variable -> file and line of the hook that changed it

---@class SettingsInput
---@field environment table<string, string>
---@field files table<string, {text: string?, error: string?, hint: string?}> path named by a NAME_FILE -> content
---@field homeserver_exists boolean
---@field container boolean
---@field worker_types table<string, WorkerType>
---@field host Host
---@field hooked? table<string, string>
---@field memory? integer SYNLUA_MEMORY in bytes, once that is read

local function by_place(a, b)
  if a.where ~= b.where then return a.where < b.where end
  return a.what < b.what
end

local function collector()
  local found = {problems = {}, warnings = {}, inherited = {}}
  local function into(list)
    return function(where, what, hint) list[#list + 1] = {where = where, what = what, hint = hint} end
  end
  found.problem, found.warning = into(found.problems), into(found.warnings)
  function found.inherit(name, value) found.inherited[name] = value end
  return found
end

local function is_path(value)
  return not select(2, kinds.parse(value, {kind = "path"}))
end

-- The content of the file that NAME_FILE names, or nil if it cannot be used.
local function file_content(name, path, files, found)
  if not is_path(path) then
    found.problem(name, ("must be the absolute path of a file (value: %s)"):format(text.shown(path)), "begin it with /")
    return nil, true
  end
  local file = assert(files[path], name)
  if file.error then
    found.problem(name, "names a file that cannot be read: " .. file.error,
      file.hint or "make it readable for that user, or unset " .. name)
    return nil, true
  end
  local content = file.text:match("^(.-)\r?\n$") or file.text
  if content ~= "" then return content end
  found.warning(name, "names an empty file, which counts as unset", "write the value into the file, or unset " .. name)
end

-- The value that is set under one name: {text, source, hidden}. The second result is true if it is faulty.
local function given_as(name, input, environment, found)
  local plain, path = environment[name], environment[name .. "_FILE"]
  if plain and path then
    found.problem(name, ("is set together with %s_FILE"):format(name), "unset one of the two")
    return nil, true
  elseif plain then
    return {text = plain, source = name}
  elseif path then
    local content, failed = file_content(name .. "_FILE", path, input.files, found)
    return content and {text = content, source = name .. "_FILE", hidden = true}, failed
  end
end

local function warn_of_edges(given, found)
  if text.trimmed(given.text) ~= given.text then
    found.warning(given.source, "begins or ends with a blank or line break, which is part of the value",
      "remove it if it is not meant")
  elseif text.bare(given.text) ~= given.text then
    found.warning(given.source, "is in quotes, which are part of the value", "remove them if they are not meant")
  end
end

local function with_value(given, entry, what)
  return (entry.secret or given.hidden) and what or ("%s (value: %s)"):format(what, text.shown(given.text))
end

-- A warning even in a secret: a variable may hold any text.
local function tell_of_placeholder(entry, given, found)
  local what, _, hint = placeholder.fault(given.text, entry.secret or given.hidden or false)
  if what then found.warning(given.source, what, hint) end
end

local function value_of(entry, given, found, input)
  local value, what, hint = kinds.parse(given.text, entry, input)
  if type(what) == "table" then
    for _, fault in ipairs(what) do found.problem(given.source, fault.what, fault.hint) end
    return nil, true
  elseif what and entry.otherwise ~= nil then
    local words = entry.otherwise and "counts as yes, as anything but no does here"
      or "counts as no, as anything but yes does here"
    found.warning(given.source, with_value(given, entry, words), hint)
    return entry.otherwise
  elseif what then
    found.problem(given.source, with_value(given, entry, what), hint)
    return nil, true
  end
  if entry.kind == "string" then warn_of_edges(given, found) end
  tell_of_placeholder(entry, given, found)
  return value
end

-- Reads one entry under all its names: the value, the name that set it, and whether it is faulty.
local function read_entry(entry, input, environment, found)
  local value, first, broken
  for _, name in ipairs(schema.names(entry)) do
    local given, failed = given_as(name, input, environment, found)
    broken = broken or failed
    if given then
      local other
      other, failed = value_of(entry, given, found, input)
      broken = broken or failed
      if first and not failed and value ~= nil and other ~= value then
        found.problem(given.source, ("is another name of %s, which has a different value"):format(first.source),
          "unset one of the two")
        broken = true
      end
      if not first then value, first = other, given end
    end
  end
  return value, first, broken
end

local function read_entries(input, environment, found)
  local values, sources, broken = {}, {}, {}
  for _, entry in ipairs(schema.entries) do
    local value, given, failed = read_entry(entry, input, environment, found)
    values[entry.name], broken[entry.name] = value, failed
    if entry.name == "SYNLUA_MEMORY" and value then input.memory = amounts.bytes(value) end
    if given then sources[entry.name] = given.source end
    if entry.inherited and value ~= nil then found.inherit(entry.name, given.text) end
  end
  return values, sources, broken
end

-- Sets the environment for Synapse. These values replace variables of the same names.
local function hand_on(values, found)
  for _, entry in ipairs(schema.entries) do
    local value = values[entry.name]
    for _, name in ipairs(value ~= nil and entry.hands_on or {}) do found.inherit(name, value) end
  end
end

local function add_defaults(values, input)
  for _, entry in ipairs(schema.entries) do
    if values[entry.name] == nil then
      local default = entry.default
      if type(default) == "function" then default = default(values, input) end
      values[entry.name] = default
    end
  end
end

local function check_required(values, case, found)
  for _, entry in ipairs(schema.entries) do
    local needed = entry.required and (entry.own or not case.homeserver_exists)
    if needed and values[entry.name] == nil and case.sound(entry.name) then
      local what = entry.own and "is required by " .. entry.acts
        or ("is required as long as there is no %s"):format(values.SYNAPSE_CONFIG_PATH)
      found.problem(entry.name, what, entry.hint)
    end
  end
end

local function run_checks(values, sources, broken, input, found)
  local case = {
    settings = values, sources = sources, homeserver_exists = input.homeserver_exists,
    problem = found.problem, warning = found.warning,
    incomplete = input.homeserver_exists and found.warning or found.problem,
  }
  function case.given(name) return sources[name] ~= nil or broken[name] == true end
  function case.sound(...)
    for _, name in ipairs {...} do
      if broken[name] then return false end
    end
    return true
  end
  case.outside_database = postgres.is_asked(case.given)
  check_required(values, case, found)
  for _, check in tables.sorted(checks) do check(case) end
end

local KNOWN = setmetatable({sources = true, inherited = true, hooked = true}, {__index = function(_, name)
  local entry = schema.owner[name]
  return entry and entry.own
end})
for _, entry in ipairs(schema.entries) do KNOWN[entry.name] = true end

--- Reads the settings from an environment. They are complete even if there are problems, so that later stages can
--- report theirs too. With problems, nothing may be started from them.
---@param input SettingsInput
---@return Settings settings
---@return Problem[] problems
---@return Problem[] warnings
function settings.read(input)
  local found = collector()
  local environment = unknown.sift(input.environment, found)
  local values, sources, broken = read_entries(setmetatable({}, {__index = input}), environment, found)
  hand_on(values, found)
  add_defaults(values, input)
  run_checks(values, sources, broken, input, found)
  unknown.check(environment, found)
  table.sort(found.problems, by_place)
  table.sort(found.warnings, by_place)
  values.sources, values.inherited, values.hooked = sources, found.inherited, input.hooked or {}
  return tables.freeze(values, "settings", KNOWN), found.problems, found.warnings
end

return settings
