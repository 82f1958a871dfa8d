-- Reads addresses of this machine: one of each family at most.

local address = require "settings.address"
local text = require "lib.text"

local HINT = "write 203.0.113.9, or 2001:db8::9, or both with a comma"

local NOBODY = {["0.0.0.0"] = true, ["0:0:0:0:0:0:0:0"] = true}

local function family_of(item)
  local four, six = address.ipv4(item), address.ipv6(item)
  if four and not NOBODY[item] then return "four" end
  if six and not NOBODY[table.concat(six, ":")] then return "six" end
end

--- The addresses; "auto" where the entry allows it.
local function own_addresses(value, entry)
  if entry.auto and value:lower() == "auto" then return "auto" end
  local list, seen = {}, {}
  for item in (value .. ","):gmatch "([^,]*)," do
    item = text.trimmed(item):lower()
    item = item:match "^%[(.*)%]$" or item
    local family = family_of(item)
    if not family then
      local more = entry.auto and " or auto" or ""
      return nil, "must be an IP address" .. more, HINT .. more
    end
    if seen[family] then return nil, "names two addresses of one family", HINT end
    if #list == entry.most then return nil, "must be one address", "write the one that most clients can reach" end
    seen[family], list[#list + 1] = true, item
  end
  return list
end

return own_addresses
