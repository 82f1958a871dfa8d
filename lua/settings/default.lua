-- The default of a variable as text.

--- The text for the default of an entry.
---@param entry Entry
---@return string
return function(entry)
  if entry.default_text then return entry.default_text end
  local default = entry.default
  if default == nil then return "" end
  if type(default) == "boolean" then return default and "yes" or "no" end
  return tostring(default)
end
