-- Values that are only made when they are needed. A short command does not need most grammars.

--- Returns a function that makes a value at its first call, and always returns that one.
---@generic T
---@param make fun(): T
---@return fun(): T
return function(make)
  local value
  return function()
    value = value or make()
    return value
  end
end
