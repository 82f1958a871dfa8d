-- EDGE
-- The admin's pieces for the slots of templates, in the order of their names.

local overrides = require "input.overrides"
local slots = require "contract.slots"

local pieces = {}

---@class Piece
---@field name string of the file
---@field path string the file itself
---@field text string
---@field inside? string its text as it stands in the template itself; nil: the template names its file

local function of_slot(slot, problems)
  local list, ending = {}, slots.ending(slot)
  for name, override in overrides.under(slots.folder(slot)) do
    local piece = {name = name, path = override.path, text = override.text}
    if slot.holds then
      local problem
      piece.inside, problem = require("input.yaml_piece").read(piece, slot) -- only who has such a piece needs it
      problems[#problems + 1] = problem
    end
    if name:sub(-#ending) == ending and (piece.inside or not slot.holds) then list[#list + 1] = piece end
  end
  return list
end

--- Template -> slot -> pieces. A slot without any has an empty list.
---@return table<string, table<string, Piece[]>>
---@return Problem[]
function pieces.read()
  local found, problems = {}, {}
  for _, slot in ipairs(slots.fields) do
    found[slot.file] = found[slot.file] or {}
    found[slot.file][slots.tag(slot)] = of_slot(slot, problems)
  end
  return found, problems
end

return pieces
