-- Shows values to people: tables indented, keys sorted, secrets hidden.

local tables = require "lib.tables"

local show = {}

local DEPTH_MAX = 12

local function key_text(key)
  if type(key) == "string" and key:match "^[%a_][%w_]*$" then return key end
  return ("[%s]"):format(type(key) == "string" and ("%q"):format(key) or tostring(key))
end

local function scalar_text(value)
  if type(value) ~= "string" then return tostring(value) end
  return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("[%c]", function(c) return ("\\%d"):format(c:byte()) end))
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

local function add(value, indent, seen)
  if type(value) ~= "table" then return scalar_text(value) end
  if is_kept_scalar(value) then return ("yaml(%s)"):format(scalar_text(value.text)) end
  local copy = plain_copy(value)
  if next(copy) == nil then return "{}" end
  if seen[value] or #indent > DEPTH_MAX * 2 then return "{...}" end
  seen[value] = true
  local inner, parts = indent .. "  ", {}
  local list = #copy
  for key, item in tables.sorted(copy) do
    local name = (math.type(key) == "integer" and key >= 1 and key <= list) and "" or key_text(key) .. " = "
    parts[#parts + 1] = inner .. name .. add(item, inner, seen)
  end
  seen[value] = nil
  return "{\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "}"
end

--- One value as text.
---@param value any
---@return string
function show.value(value) return add(value, "", {}) end

--- Settings in which each secret is replaced by its source.
---@param settings Settings
---@param entries Entry[]
---@return table
function show.settings(settings, entries)
  local shown = {}
  for _, entry in ipairs(entries) do
    local value = settings[entry.name]
    if value ~= nil and entry.secret then value = ("(secret, from %s)"):format(settings.sources[entry.name]) end
    shown[entry.name] = value
  end
  return shown
end

-- Hides the value in the "NAME=value" of a secret variable.
local function masked(item, owner)
  local name = item:match "^([^=]*)="
  local entry = owner[name] or owner[(name or ""):lower()]
  return entry and entry.secret and name .. "=(secret)" or item
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
  return shown
end

return show
