-- Text for XML and HTML: the content of an element, or an attribute's value between quotes that the template brings.

-- Blanks in an attribute are written as references, because a reader makes spaces of all others.
local REFERENCES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;", ["\t"] = "&#9;",
  ["\n"] = "&#10;", ["\r"] = "&#13;",
}

local CANNOT = {"[%z\1-\8\11\12\14-\31\127]", "\xC2[\x80-\x9F]", "\xEF\xBF[\xBE\xBF]"}

---@param text string
---@return string? quoted
---@return string? why
return function(text)
  if not utf8.len(text) then return nil, "is not valid UTF-8" end
  for _, pattern in ipairs(CANNOT) do
    if text:find(pattern) then return nil, "has a character that XML cannot hold" end
  end
  return (text:gsub("[&<>\"'\t\n\r]", REFERENCES))
end
