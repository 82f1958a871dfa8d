-- EDGE
-- Colours for terminals. Without a terminal, with NO_COLOR or with TERM=dumb, every text stays as it is.

local paint = require "lib.paint"
local system = require "core.system"

local colours = {}

local wanted

--- Whether standard output is a terminal that shows colours.
---@return boolean
function colours.wanted()
  if wanted == nil then
    wanted = (os.getenv "NO_COLOR" or "") == "" and os.getenv "TERM" ~= "dumb" and system.is_terminal(1)
  end
  return wanted
end

--- The name of a service, always in the same colour.
---@param name string
---@return string
function colours.name(name) return colours.wanted() and paint.name(name) or name end

return colours
