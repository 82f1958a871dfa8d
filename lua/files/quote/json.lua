-- Text in JSON, which is always in quotes.

local NAMED = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

---@param text string
---@param before? string the byte in front of it
---@return string? quoted
---@return string? why
return function(text, before)
  if not utf8.len(text) then return nil, "is not valid UTF-8" end
  if before and before ~= "" and not before:find "[%s%[{,:]" then
    return nil, "needs quotes, but other text stands before it, so that quotes would have no effect"
  end
  return '"' .. text:gsub('[%c"\\]', function(c) return NAMED[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end
