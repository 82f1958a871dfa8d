-- A request's target as nginx sees it when it chooses a location.

local request = {}

local function unescaped(path)
  if path:find("%%%X") or path:find("%%.%X") or path:find("%%.?$") then return nil end
  local plain = path:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  if plain:find("\0", 1, true) then return nil end
  return plain
end

-- The path without empty and dotted segments. nil if .. leads above its root.
local function normal(path)
  local segments = {}
  for segment in path:gmatch "[^/]+" do
    if segment ~= ".." and segment ~= "." then segments[#segments + 1] = segment end
    if segment == ".." and not table.remove(segments) then return nil end
  end
  local directory = #segments > 0 and (path:find "/$" or path:find "/%.%.?$")
  return "/" .. table.concat(segments, "/") .. (directory and "/" or "")
end

--- The decoded path, and the query's arguments.
---@param target string as in the request line: path, perhaps a query
---@return string? path nil where nginx answers 400
---@return table<string, string> arguments first of each name, in lower case, as nginx looks them up
function request.parse(target)
  local path, query = target:match "^([^?#]*)%??([^#]*)"
  local arguments = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    arguments[name:lower()] = arguments[name:lower()] or value
  end
  local plain = path:sub(1, 1) == "/" and unescaped(path)
  if not plain then return nil, arguments end
  return normal(plain), arguments
end

return request
