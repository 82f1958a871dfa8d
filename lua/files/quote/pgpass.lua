-- A field of PostgreSQL's file of passwords.

---@param value string
---@return string? text
---@return string? why
return function(value)
  if value:find "[%z\r\n]" then return nil, "has a line break or a NUL byte" end
  return (value:gsub("[\\:]", "\\%0"))
end
