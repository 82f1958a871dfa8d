-- Runs inside haproxy.

local function unescaped(path)
  if path:find "%%%X" or path:find "%%.%X" or path:find "%%.?$" then return nil end
  local plain = path:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  return not plain:find("\0", 1, true) and plain or nil
end

local function normal(path)
  local segments = {}
  for segment in path:gmatch "[^/]+" do
    if segment ~= ".." and segment ~= "." then segments[#segments + 1] = segment end
    if segment == ".." and not table.remove(segments) then return nil end
  end
  local directory = #segments > 0 and (path:find "/$" or path:find "/%.%.?$")
  return "/" .. table.concat(segments, "/") .. (directory and "/" or "")
end

local function arguments_of(query)
  local found = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    found[name:lower()] = found[name:lower()] or value
  end
  return found
end

-- The path as Synapse understands it, decoded and without empty and dotted segments; nil where it is none.
local function request_of(txn)
  local path, query = txn.sf:url():match "^([^?#]*)%??([^#]*)"
  local plain = path:sub(1, 1) == "/" and unescaped(path)
  return plain and normal(plain), arguments_of(query)
end

-- The words by which routes.map chooses a pool: the method, one digit for each argument (1: the query has it, and it is
-- not empty), and the path. No words where there is no path; haproxy then answers 400.
core.register_fetches("route", function(txn, ...)
  local path, arguments = request_of(txn)
  if not path then return "" end
  local digits = {}
  for at, name in ipairs {...} do digits[at] = (arguments[name] or "") == "" and "0" or "1" end
  return txn.sf:method() .. table.concat(digits) .. path
end)

local CLOSED = {admin = true, metrics = true, replication = true}

-- "1" where the request is for administration: by the path, or by what Synapse finds between the slashes of its bytes.
core.register_fetches("administers", function(txn)
  local path = request_of(txn) or ""
  if CLOSED[path:match "^/_synapse/([^/]+)" or ""] then return "1" end
  local segments = {}
  for segment in txn.sf:url():match("^[^?#]*"):gmatch "[^/]+" do segments[#segments + 1] = unescaped(segment) or "" end
  if segments[1] ~= "_synapse" or segments[2] == "client" or segments[2] == "mas" then return "0" end
  for _, segment in ipairs(segments) do
    if CLOSED[segment] then return "1" end
  end
  return "0"
end)

-- Whose request it is: access tokens begin with the user's name, others count as a whole.
core.register_fetches("user", function(txn)
  local _, arguments = request_of(txn)
  local token = txn.sf:req_hdr("Authorization"):match "^Bearer (.+)" or arguments.access_token or ""
  if token == "" then return txn.sf:src() end
  return token:match "^syt_([^_]+)_" or token
end)

-- The server that signed it, or the client's address.
core.register_fetches("origin", function(txn)
  local words = txn.sf:req_fhdr("Authorization"):match "^[Xx]%-[Mm][Aa][Tt][Rr][Ii][Xx] +(.+)"
  for name, value in ((words or "") .. ","):gmatch ' *([^=,]+)=([^,]*),' do
    if name:lower() == "origin" then return (value:gsub('"', "")) end
  end
  return txn.sf:src()
end)

local ROOMS = {"^/_matrix/client/.-/rooms/([^/]+)", "^/_matrix/federation/[^/]+/[^/]+/([^/]+)",
  "^/_synapse/admin/[^/]+/rooms/([^/]+)"}

-- The room that it is about; the path where there is none.
core.register_fetches("room", function(txn)
  local path = request_of(txn) or ""
  for _, pattern in ipairs(ROOMS) do
    local room = path:match(pattern)
    if room then return room end
  end
  return path
end)
