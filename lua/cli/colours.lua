-- EDGE
-- Colours and width of the terminal. Without a terminal, with NO_COLOR or with TERM=dumb, no text has colours.

local paint = require "lib.paint"
local system = require "core.system"

local colours = {}

local NARROW = 80 -- columns that every terminal has

local wanted

--- Whether standard output is a terminal that shows colours.
---@return boolean
function colours.wanted()
  if wanted == nil then
    wanted = (os.getenv "NO_COLOR" or "") == "" and os.getenv "TERM" ~= "dumb" and system.is_terminal(1)
  end
  return wanted
end

--- The columns of the terminal: those that COLUMNS says, or else 80. nil: standard output is no terminal.
---@return integer?
function colours.width()
  if not system.is_terminal(1) then return end
  local said = math.tointeger(tonumber(os.getenv "COLUMNS"))
  return said and said >= NARROW and said or NARROW
end

--- The name of a service, always in the same colour.
---@param name string
---@return string
function colours.name(name) return colours.wanted() and paint.name(name) or name end

return colours
