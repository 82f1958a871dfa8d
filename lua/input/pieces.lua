-- EDGE
-- The admin's pieces for the slots of templates, in the order of their names.

local overrides = require "input.overrides"
local slots = require "contract.slots"

local pieces = {}

---@class Piece
---@field name string of the file
---@field path string the file itself
---@field text string

local function of_slot(slot)
  local list = {}
  for name, override in overrides.under(slots.folder(slot)) do
    if name:match "%.conf$" then list[#list + 1] = {name = name, path = override.path, text = override.text} end
  end
  return list
end

--- Template -> slot -> pieces. A slot without any has an empty list.
---@return table<string, table<string, Piece[]>>
function pieces.read()
  local found = {}
  for _, slot in ipairs(slots.fields) do
    found[slot.file] = found[slot.file] or {}
    found[slot.file][slots.tag(slot)] = of_slot(slot)
  end
  return found
end

return pieces
