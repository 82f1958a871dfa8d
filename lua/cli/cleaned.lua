-- EDGE
-- Answers of the running instance, as a terminal may have them.

local plain = require("core.log").plain

--- The value in which every text has no control characters.
---@param value any
---@return any
local function cleaned(value)
  if type(value) == "string" then return plain(value) end
  if type(value) ~= "table" then return value end
  local clean = {}
  for key, inner in pairs(value) do clean[key] = cleaned(inner) end
  return clean
end

return cleaned
