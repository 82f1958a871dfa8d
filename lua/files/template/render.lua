-- Runs a compiled template over its values.

local tables = require "lib.tables"

local render = {}

local RAW = {__name = "template.raw"}

--- Marks text that is not to be quoted. Never use it for text that came from a user.
---@param text string
---@return table
function render.raw(text)
  assert(type(text) == "string", "raw text is a string")
  return setmetatable({text = text}, RAW)
end

-- Reads a field and never raises. A frozen table raises for an unknown name, but pairs works on it.
local function field(t, key)
  local value = rawget(t, key)
  local mt = getmetatable(t)
  if value ~= nil or not (mt and mt.__pairs) then return value end
  for other, inner in pairs(t) do
    if other == key then return inner end
  end
end

local function is_table(value) return type(value) == "table" and getmetatable(value) ~= RAW end

local function is_empty(t)
  local step, over, first = pairs(t)
  return step(over, first) == nil
end

local function name_of(op) return table.concat(op.path, ".") end

local function describe(value) return getmetatable(value) == RAW and "raw text" or "a " .. type(value) end

local function known(t)
  local names = {}
  for _, key in ipairs(tables.keys(t)) do
    if type(key) == "string" then names[#names + 1] = key end
  end
  if #names == 0 then return "there are no names here" end
  if #names > 20 then names[21] = "..." end
  return "known here: " .. table.concat(names, ", ", 1, math.min(#names, 21))
end

-- Returns the value, or nil, what and hint.
local function lookup(state, op)
  local path, value, from = op.path, state.values, 1
  if op.slot then value, from = state.items[op.slot], 2 end
  for at = from, #path do
    if not is_table(value) then
      local name = table.concat(path, ".", 1, at - 1)
      return nil, ("%s is %s and has no field %s"):format(name, describe(value), path[at]), "take another name"
    end
    local inner = field(value, path[at])
    if inner == nil then return nil, "unknown name " .. table.concat(path, ".", 1, at), known(value) end
    value = inner
  end
  return value
end

-- One function per operation: returns where to continue, or nil, what and hint.
local operations = {}

function operations.text(state, op, at)
  state.out[#state.out + 1] = op.text
  return at + 1
end

-- The last byte of the text so far, "" at the start.
local function last_byte(out)
  for at = #out, 1, -1 do
    if out[at] ~= "" then return out[at]:sub(-1) end
  end
  return ""
end

function operations.put(state, op, at)
  local value, what, hint = lookup(state, op)
  if value == nil then return nil, what, hint end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    return nil, ("%s is %s and cannot be inserted"):format(name_of(op), describe(value)),
      getmetatable(value) == RAW and "write {{ raw " .. name_of(op) .. " }}" or "insert a string, a number or a boolean"
  end
  local text, why = state.quote(value, last_byte(state.out))
  if not text then
    return nil, ("%s cannot be written here: it %s"):format(name_of(op), why), "give it another value"
  end
  state.out[#state.out + 1] = text
  return at + 1
end

function operations.raw(state, op, at)
  local value, what, hint = lookup(state, op)
  if value == nil then return nil, what, hint end
  if getmetatable(value) ~= RAW then
    return nil, ("%s is %s, not raw text"):format(name_of(op), describe(value)), "write {{ " .. name_of(op) .. " }}"
  end
  state.out[#state.out + 1] = value.text
  return at + 1
end

function operations.slot(state, op, at)
  local text = state.slots[op.name]
  if not text then
    local names = tables.keys(state.slots)
    return nil, ("there is no slot %s here"):format(op.name), #names == 0 and "this template has no slots"
      or "the slots are " .. table.concat(names, ", ")
  end
  state.out[#state.out + 1] = text
  return at + 1
end

operations["if"] = function(state, op, at)
  local value, what, hint = lookup(state, op)
  if value == nil then return nil, what, hint end
  local holds = value ~= false and not (is_table(value) and is_empty(value))
  if holds == not op.negate then return at + 1 end
  return op.to
end

function operations.jump(_, op) return op.to end

operations["for"] = function(state, op, at)
  local list, what, hint = lookup(state, op)
  if list == nil then return nil, what, hint end
  if not is_table(list) or #list == 0 and not is_empty(list) then
    return nil, name_of(op) .. " is not a list", "loop over a list"
  end
  if #list == 0 then return op.to end
  state.lists[op.depth], state.places[op.depth], state.items[op.depth] = list, 1, list[1]
  return at + 1
end

function operations.next(state, op, at)
  local list, place = state.lists[op.depth], state.places[op.depth] + 1
  if place > #list then return at + 1 end
  state.places[op.depth], state.items[op.depth] = place, list[place]
  return op.to
end

--- Renders a compiled template.
---@param compiled template.compiled
---@param values table<string, any>
---@param quote fun(value: string|number|boolean, before: string): string?, string? as in files/quote.lua
---@param slots? table<string, string> the text of each slot
---@return string?
---@return template.problem?
function render.run(compiled, values, quote, slots)
  local state = {values = values, quote = quote, slots = slots or {}, out = {}, items = {}, lists = {}, places = {}}
  local code, at = compiled.code, 1
  while at <= #code do
    local op = code[at]
    local to, what, hint = operations[op.op](state, op, at)
    if not to then return nil, compiled.problem(op.at, what, hint) end
    at = to
  end
  return table.concat(state.out)
end

return render
