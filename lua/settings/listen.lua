-- The addresses that nginx listens on, as a list of the admin's says them.

local address = require "settings.address"

local listen = {}

local HINT = "write all, or addresses such as 127.0.0.1, ::1, * (every IPv4) and :: (every IPv6), with commas"

-- The address as nginx gets it, and a key that is the same for all spellings of one address.
local function listen_address(item)
  if item == "all" then return item, item end
  local four = address.ipv4(item)
  if item == "*" or item == "0.0.0.0" then return "*", "*" end
  if four then return item, item end
  local six = address.ipv6(item:match("^%[(.*)%]$") or item)
  if not six then return nil end
  local key = table.concat(six, ":")
  return key == "0:0:0:0:0:0:0:0" and "::" or item:gsub("[%[%]]", ""):lower(), key
end

--- The addresses as nginx gets them.
---@param items string[]
---@return string[]|nil
---@return string? what
---@return string? hint
function listen.read(items)
  local found, seen = {}, {}
  for _, item in ipairs(items) do
    local literal, key = listen_address(item)
    if not literal then return nil, "must be a list of IP addresses", HINT end
    if seen[key] then return nil, "names one address twice", HINT end
    seen[key] = true
    found[#found + 1] = literal
  end
  if seen.all and #found > 1 then return nil, "says all beside other addresses", HINT end
  return found
end

return listen
