-- The value of an option in coturn's file. coturn takes quotes around a value away, and has no escapes.

local function fault(text)
  if text == "" then return "is empty" end
  if text:find "[^\x21-\x7E]" then return "has a blank, a control character or one outside ASCII" end
  if text:find "[\"'#\\]" then return "has a quote, a # or a backslash" end
end

--- The text of a value, or nil and why coturn cannot have it.
---@param value string|number
---@return string? text
---@return string? why
return function(value)
  local text = tostring(value)
  local why = fault(text)
  if why then return nil, why end
  return text
end
