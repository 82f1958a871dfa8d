-- Modes of files as people read them.

--- The mode that octal digits mean, such as octal "0640".
---@param digits string
---@return integer
return function(digits)
  assert(digits:find "^0[0-7]+$", digits)
  return (assert(tonumber(digits, 8)))
end
