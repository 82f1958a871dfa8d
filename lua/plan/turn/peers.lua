-- To whom coturn relays. A client says to which address its relay shall send, so without these ranges every user of the
-- homeserver could reach what only this machine can reach.

local address = require "settings.address"

local peers = {}

-- Private and special IPv4 ranges (RFC 6890 and its registry).
local FOUR = {
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
  "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
  "224.0.0.0/4", "240.0.0.0/4",
}

-- All that is no global unicast (2000::/3), and the special ranges in that. The first holds unspecified, loopback,
-- IPv4-mapped, IPv4-compatible and NAT64 addresses, the next ones hold unique local, link-local and multicast ones.
local SIX = {
  "::/3", "4000::/2", "8000::/1",
  "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
}

-- The first and the last of `parts` of an address that `bits` bits fix, each of `size` bits.
local function bounds(parts, size, bits)
  local low, high, full = {}, {}, (1 << size) - 1
  for at, part in ipairs(parts) do
    local free = size - math.max(0, math.min(size, bits - (at - 1) * size))
    low[at] = part & ~((1 << free) - 1) & full
    high[at] = part | ((1 << free) - 1)
  end
  return low, high
end

local function text_of(parts)
  if #parts == 4 then return table.concat(parts, ".") end
  local words = {}
  for at, part in ipairs(parts) do words[at] = ("%x"):format(part) end
  return table.concat(words, ":")
end

local function parts_of(literal)
  local four = address.ipv4(literal)
  return four or assert(address.ipv6(literal), literal), four and 8 or 16
end

local function range_of(network)
  local literal, bits = network:match "^(.*)/(%d+)$"
  local parts, size = parts_of(literal)
  return bounds(parts, size, assert(tonumber(bits)))
end

--- The range of a network as coturn takes it: FIRST-LAST.
---@param network string in CIDR form
---@return string
function peers.range(network)
  local low, high = range_of(network)
  return text_of(low) .. "-" .. text_of(high)
end

-- A range that begins with the address of nothing but zeros would hold all of IPv4 for coturn, which compares by family
-- then. coturn refuses that address without being told.
local NOTHING = text_of {0, 0, 0, 0, 0, 0, 0, 0}

local function denied_range(network)
  local range = peers.range(network)
  local first, last = range:match "^(.*)%-(.*)$"
  return first == NOTHING and ("0:0:0:0:0:0:0:1-%s"):format(last) or range
end

local function is_in(parts, network)
  local low, high = range_of(network)
  if #low ~= #parts then return false end
  for at, part in ipairs(parts) do
    if part < low[at] or part > high[at] then return false end
  end
  return true
end

--- Whether an address is in a private or special range.
---@param literal string
---@return boolean
function peers.is_special(literal)
  local parts = parts_of(literal)
  for _, network in ipairs(#parts == 4 and FOUR or SIX) do
    if is_in(parts, network) then return true end
  end
  return false
end

--- One spelling of an address.
---@param literal string
---@return string
function peers.spelled(literal) return text_of((parts_of(literal))) end

--- A range of one address.
---@param literal string
---@return string
function peers.single(literal)
  local one = peers.spelled(literal)
  return one .. "-" .. one
end

--- What coturn refuses: the special ranges, and this machine's own addresses. Others may not reach by a relay what
--- listens here for the machine alone. A public address counts as the own one behind it.
---@param own string[]
---@return string[]
function peers.denied(own)
  local list = {}
  for _, networks in ipairs {FOUR, SIX} do
    for _, network in ipairs(networks) do list[#list + 1] = denied_range(network) end
  end
  for _, literal in ipairs(own) do
    if not peers.is_special(literal) then list[#list + 1] = peers.single(literal) end
  end
  return list
end

return peers
