-- SYNAPSE_CONFIG__a__b__c=value sets any option of Synapse by a variable. The parts of the name are keys, unchanged,
-- and the value is YAML. A list can only be set as a whole, because the meaning of an item's number would change with
-- the layers below.

local document = require "lib.document"
local layers = require "input.layers"

local config_variables = {}

local function keys_of(name)
  local keys, rest = {}, name:sub(#layers.PREFIX + 1) .. "__"
  for part in rest:gmatch "(.-)__" do
    if part == "" then return nil end
    keys[#keys + 1] = part
  end
  return #keys > 0 and keys or nil
end

-- The variable that already sets an option at, above or below the path.
local function taken(variables, path, value)
  for other, name in pairs(variables) do
    local same = other == path
    local below = path:sub(1, #other + 1) == other .. "."
    local above = other:sub(1, #path + 1) == path .. "."
    if same or below or (above and document.kind(value) ~= "map") then return name end
  end
end

local function leaves(value, path, into, name)
  if document.kind(value) ~= "map" or next(value) == nil then
    into[path] = name
    return
  end
  for key, inner in pairs(value) do leaves(inner, path .. "." .. document.path {key}, into, name) end
end

local function add(made, item, problems)
  local function fail(what, hint) problems[#problems + 1] = {where = item.name, what = what, hint = hint} end
  local keys = keys_of(item.key)
  if not keys then
    return fail("has an empty part in its name", "write it as SYNAPSE_CONFIG__option or SYNAPSE_CONFIG__option__key")
  end
  local path = document.path(keys)
  local found = {}
  leaves(item.value, path, found, item.name)
  for leaf in pairs(found) do
    local other = taken(made.variables, leaf, nil)
    if other then return fail("sets what " .. other .. " sets", "unset one of the two") end
  end
  made.document = document.merge(made.document, document.set(document.map {}, path, item.value))
  made.named[path] = item.name
  for leaf in pairs(found) do
    made.variables[leaf] = item.name
    made.hidden[leaf] = item.hidden
  end
end

--- The layer of all these variables. nil if there are none.
---@param items {name: string, key: string, value: any, hidden?: boolean}[] sorted by name; key: name without _FILE
---@return Layer|nil
---@return Problem[]
function config_variables.layer(items)
  if #items == 0 then return nil, {} end
  local made = {name = layers.PREFIX .. "*", document = document.map {}, variables = {}, hidden = {}, named = {}}
  local problems = {}
  for _, item in ipairs(items) do add(made, item, problems) end
  return made, problems
end

--- Problems of names with a number for an item, if the layers below have a list there.
---@param layer Layer of the variables
---@param below table|nil
---@return Problem[]
function config_variables.items(layer, below)
  local problems = {}
  for path, name in pairs(layer.named) do
    local parent = path:match "^(.*)%.0$" or path:match "^(.*)%.[1-9]%d*$"
    if parent and below and document.kind(document.get(below, parent)) == "seq" then
      problems[#problems + 1] = {where = name, what = ("names an item of the list %s"):format(parent),
        hint = ("set the whole list: SYNAPSE_CONFIG__%s='[...]'"):format((parent:gsub("%.", "__")))}
    end
  end
  table.sort(problems, function(a, b) return a.where < b.where end)
  return problems
end

return config_variables
