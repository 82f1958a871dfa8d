-- Lists of networks: addresses, networks in CIDR form, `unix` for Unix sockets, host names, `all` and `none`.

local address = require "settings.address"

local networks = {}

networks.EVERYBODY = {"0.0.0.0/0", "::/0", "unix"}
networks.LOOPBACK = {"127.0.0.0/8", "::1/128"}
--- Loopback, the private ranges of RFC 1918 and RFC 4193, link-local IPv6 addresses, and Unix sockets.
networks.PRIVATE = {"10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
  "unix"}

-- The parts of an address (`size` bits each) with the bits behind the prefix cleared.
local function masked(parts, size, bits)
  local made = {}
  for at, part in ipairs(parts) do
    local kept = math.max(0, math.min(size, bits - (at - 1) * size))
    made[at] = part & ~((1 << (size - kept)) - 1)
  end
  return made
end

local function prefix(digits, most)
  local bits = digits == "" and most or math.tointeger(tonumber(digits:match "^/(%d%d?%d?)$"))
  return bits and bits <= most and bits or nil
end

-- The longest run of zero groups, of two or more, becomes "::", so that every spelling of an address has one form.
local function ipv6_text(groups)
  local from, length, run = nil, 1, 0
  for at = 1, 8 do
    run = groups[at] == 0 and run + 1 or 0
    if run > length then from, length = at - run + 1, run end
  end
  local words = {}
  for at, group in ipairs(groups) do words[at] = ("%x"):format(group) end
  if not from then return table.concat(words, ":") end
  return table.concat(words, ":", 1, from - 1) .. "::" .. table.concat(words, ":", from + length)
end

--- A network in the one form that each has, such as 10.0.0.0/8. nil: this is none.
---@param item string
---@return string?
function networks.network(item)
  local literal, rest = item:match "^%[?([%x:.]+)%]?(/?%d*)$"
  local four = literal and address.ipv4(literal)
  local six = literal and not four and address.ipv6(literal)
  local bits = (four or six) and prefix(rest, four and 32 or 128)
  if not bits then return nil end
  if four then return table.concat(masked(four, 8, bits), ".") .. "/" .. bits end
  return ipv6_text(masked(six, 16, bits)) .. "/" .. bits
end

local function hint(entry)
  return ("write addresses and networks such as 172.18.0.0/16 and fd00::/8%s, with commas; or %snone"):format(
    entry.names and ", unix, or host names" or " and unix", entry.all and "all or " or "")
end

-- One item in its one form. nil: it is none.
local function item_of(word, entry)
  if word == "unix" then return word end
  local network = networks.network(word)
  if network or not entry.names or not word:find "%a" or word:find "[:/]" then return network end
  return address.host(word)
end

local function is_alone(word, entry) return word == "none" or word == "all" and entry.all == true end

--- The list, each item in its one form and only once.
---@param items string[]
---@param entry table schema entry; all: may be `all`; names: may have host names
---@return string[]|nil
---@return string? what
---@return string? hint
function networks.read(items, entry)
  local list, seen = {}, {}
  for _, item in ipairs(items) do
    local word = item:lower()
    if is_alone(word, entry) then
      if #items > 1 then return nil, ("says %s beside other networks"):format(word), hint(entry) end
      return word == "all" and networks.EVERYBODY or {}
    end
    local one = item_of(word, entry)
    if not one then return nil, "has an item that is no network", hint(entry) end
    if not seen[one] then list[#list + 1] = one end
    seen[one] = true
  end
  return list
end

--- Whether an item of a list is the name of a host.
---@param item string
---@return boolean
function networks.is_name(item) return item ~= "unix" and not item:find("/", 1, true) end

return networks
