-- Values as Python sees them, for options that Synapse only tests.

local python = {}

--- Whether Python takes a value for true: nothing, false, zero, and an empty text, list or mapping are not.
---@param value any a plain value; see document.plain
---@return boolean
function python.is_true(value)
  if type(value) == "table" then return next(value) ~= nil end
  return value ~= nil and value ~= false and value ~= 0 and value ~= ""
end

return python
