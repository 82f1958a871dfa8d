-- Shows values to people: tables indented, keys sorted, secrets hidden. On a terminal, a table that fits its width is
-- on one line, deep tables are cut off, and kinds of values have colours.

local distance = require "lib.distance"
local secret_options = require "lib.secret_options"
local tables = require "lib.tables"
local unknown = require "settings.unknown"

local show = {}

local DEPTH_MAX, DEPTH_ON_TERMINAL = 12, 4
local MAY_LACK = {url = true, signing = true} -- what a plan need not have
local COLOURS = {string = "32", number = "36", boolean = "33", ["nil"] = "2", note = "2"}

---@class ShowOptions
---@field width? integer of the terminal; nil: no terminal, every table is spread over lines
---@field colours? boolean

local function key_text(key)
  if type(key) == "string" and key:match "^[%a_][%w_]*$" then return key end
  return ("[%s]"):format(type(key) == "string" and ("%q"):format(key) or tostring(key))
end

local function escaped(c) return ("\\%d"):format(c:byte()) end

local function scalar_text(value)
  if type(value) ~= "string" then return tostring(value) end
  return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("[%c]", escaped))
end

local function is_kept_scalar(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__name == "yaml.scalar"
end

local function plain_copy(value)
  local copy = {}
  for key, inner in pairs(value) do copy[key] = inner end
  return copy
end

local function painted(text, kind, options)
  local colour = options.colours and COLOURS[kind]
  return colour and ("\27[%sm%s\27[0m"):format(colour, text) or text
end

-- The number of characters without those of colours.
local function width_of(text) return utf8.len((text:gsub("\27%[%d*m", ""))) or #text end

local function notes_of(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__notes or {}
end

local add

local function add_items(copy, state, value)
  local parts, list, notes, total = {}, #copy, notes_of(value), 0
  for key, item in tables.sorted(copy) do
    local name = (math.type(key) == "integer" and key >= 1 and key <= list) and "" or key_text(key) .. " = "
    local note = state.options.width and notes[key]
    parts[#parts + 1] = {text = name .. add(item, state), note = note}
    total = total + width_of(parts[#parts].text) + 2 + (note and math.huge or 0)
  end
  return parts, total
end

local function spread(parts, indent, options)
  local lines = {}
  for at, part in ipairs(parts) do
    local note = part.note and painted("  -- " .. part.note, "note", options) or ""
    lines[at] = indent .. "  " .. part.text .. (at < #parts and "," or "") .. note
  end
  return "{\n" .. table.concat(lines, "\n") .. "\n" .. indent .. "}"
end

local function joined(parts)
  local texts = {}
  for at, part in ipairs(parts) do texts[at] = part.text end
  return "{" .. table.concat(texts, ", ") .. "}"
end

local function add_table(value, state)
  local copy, options = plain_copy(value), state.options
  if next(copy) == nil then return "{}" end
  if state.seen[value] or state.depth >= (options.width and DEPTH_ON_TERMINAL or DEPTH_MAX + 1) then return "{...}" end
  state.seen[value], state.depth = true, state.depth + 1
  local indent = ("  "):rep(state.depth - 1)
  local parts, total = add_items(copy, state, value)
  state.seen[value], state.depth = nil, state.depth - 1
  local fits = options.width and total + #indent + 20 <= options.width
  return fits and joined(parts) or spread(parts, indent, options)
end

function add(value, state)
  if type(value) ~= "table" then return painted(scalar_text(value), type(value), state.options) end
  if is_kept_scalar(value) then return ("yaml(%s)"):format(scalar_text(value.text)) end
  return add_table(value, state)
end

--- One value as text. A value whose metatable has __shown is the text which that function makes.
---@param value any
---@param options? ShowOptions
---@return string
function show.value(value, options)
  local meta = type(value) == "table" and getmetatable(value)
  if type(meta) == "table" and meta.__shown then return meta.__shown(value) end
  return add(value, {seen = {}, depth = 0, options = options or {}})
end

--- A table that is shown as this text.
---@param value table
---@param text string
---@return table
function show.as_text(value, text)
  return setmetatable(value, {__shown = function() return text end, __tostring = function() return text end})
end

--- The same table, in which an unknown name is an error. notes: where each value comes from.
---@param list table
---@param what string what a field is, for the message
---@param notes? table<string, string>
---@param known? table<string, any> names that may be nil
---@return table
function show.strict(list, what, notes, known)
  return setmetatable(list, {__notes = notes, __index = function(_, name)
    if type(name) ~= "string" or known and known[name] ~= nil then return nil end
    local meant = unknown.meant(name) or distance.nearest(name, tables.keys(list))
    error(("no %s is called %s%s"):format(what, name, meant and (", did you mean %s?"):format(meant) or ""), 2)
  end})
end

--- Settings in which each secret is replaced by its source.
---@param settings Settings
---@param entries Entry[]
---@return table
function show.settings(settings, entries)
  local shown, notes = {}, {}
  for _, entry in ipairs(entries) do
    local value = settings[entry.name]
    if value ~= nil and entry.secret then value = ("(secret, from %s)"):format(settings.sources[entry.name]) end
    shown[entry.name] = value
    local by = (settings.hooked or {})[entry.name]
    by = by or settings.sources[entry.name]
    notes[entry.name] = by and "set by " .. by or "default"
  end
  return show.strict(shown, "variable", notes, notes)
end

-- Hides the value in the "NAME=value" of a secret variable.
local function masked(item, owner)
  local name = item:match "^([^=]*)="
  local entry = owner[name] or owner[(name or ""):lower()]
  local hides = entry and entry.secret or not entry and secret_options.is_name(name)
  return hides and name .. "=(secret)" or item
end

--- A plan without the secrets in the environments of its processes.
---@param plan Plan
---@param owner table<string, Entry> by name of variable
---@return Plan?
function show.plan(plan, owner)
  if not plan then return end
  local shown = plain_copy(plan)
  shown.services = {}
  for name, service in pairs(plan.services) do
    local copy = plain_copy(service)
    copy.process = plain_copy(service.process)
    copy.process.environment = {}
    for at, item in ipairs(service.process.environment) do copy.process.environment[at] = masked(item, owner) end
    shown.services[name] = copy
  end
  return show.strict(shown, "part of the plan", nil, MAY_LACK)
end

return show
