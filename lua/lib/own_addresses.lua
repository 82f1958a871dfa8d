-- Reads the kernel's tables of this machine's own addresses, and which of them the default route has.

local own_addresses = {}

---@class OwnAddresses
---@field four string[] in the order of the kernel; loopback too
---@field six string[] without link-local ones
---@field routed {four?: string, six?: string} those with which others are reached

local function from_hex(hex)
  local numbers = {}
  for pair in hex:gmatch "%x%x" do table.insert(numbers, 1, tonumber(pair, 16)) end -- little-endian
  return numbers
end

-- "|-- ADDRESS" and behind it "/32 host LOCAL".
local function four_of(text)
  local list, seen, last = {}, {}, nil
  for line in (text or ""):gmatch "[^\n]+" do
    last = line:match "|%-%- (%d+%.%d+%.%d+%.%d+)" or last
    if line:find "/32 host LOCAL" and last and not seen[last] then
      seen[last], list[#list + 1] = true, last
    end
  end
  return list
end

local function six_text(hex)
  local words = {}
  for word in hex:gmatch "%x%x%x%x" do words[#words + 1] = ("%x"):format(tonumber(word, 16)) end
  return table.concat(words, ":")
end

-- Address, index, length of the prefix, scope (20: link-local), flags (01: temporary, 40: tentative), device.
local function six_of(text)
  local list = {}
  for hex, scope, flags, device in (text or ""):gmatch "(%x+) %x+ %x+ (%x+) (%x+) +(%S+)" do
    if scope ~= "20" and #hex == 32 then
      list[#list + 1] = {text = six_text(hex), device = device, passes = tonumber(flags, 16) & 1 ~= 0,
        is_loopback = scope == "10", is_private = hex:find "^f[cd]" ~= nil}
    end
  end
  return list
end

-- Device, destination, gateway, flags, three numbers, mask.
local function routes_of(text)
  local list = {}
  for device, to, mask in (text or ""):gmatch "(%S+)\t(%x+)\t%x+\t%x+\t%d+\t%d+\t%d+\t(%x+)" do
    list[#list + 1] = {device = device, to = from_hex(to), mask = from_hex(mask), is_default = tonumber(mask, 16) == 0}
  end
  return list
end

local function bytes_of(address)
  local list = {}
  for digits in address:gmatch "%d+" do list[#list + 1] = tonumber(digits) end
  return list
end

local function is_in(bytes, route)
  for at = 1, 4 do
    if bytes[at] & route.mask[at] ~= route.to[at] then return false end
  end
  return true
end

-- The first address of a network of the device that has the default route; else the first that is not loopback.
local function routed_four(list, routes)
  local device, first
  for _, route in ipairs(routes) do device = device or route.is_default and route.device or nil end
  for _, address in ipairs(list) do
    local bytes = bytes_of(address)
    if bytes[1] ~= 127 then
      first = first or address
      for _, route in ipairs(routes) do
        if route.device == device and not route.is_default and is_in(bytes, route) then return address end
      end
    end
  end
  return first
end

-- Public addresses come before private ones, and lasting ones before temporary ones.
local function routed_six(list)
  local best, rank
  for _, one in ipairs(list) do
    local own = (one.is_private and 2 or 0) + (one.passes and 1 or 0)
    if not one.is_loopback and (not rank or own < rank) then best, rank = one.text, own end
  end
  return best
end

--- The addresses of this machine.
---@param read fun(path: string): string|nil
---@return OwnAddresses
function own_addresses.of(read)
  local four, six, texts = four_of(read "/proc/self/net/fib_trie"), six_of(read "/proc/self/net/if_inet6"), {}
  for at, one in ipairs(six) do texts[at] = one.text end
  return {four = four, six = texts,
    routed = {four = routed_four(four, routes_of(read "/proc/self/net/route")), six = routed_six(six)}}
end

--- The addresses on which UDP ports are taken: a set of "ADDRESS PORT", by the kernel's tables.
---@param four string|nil /proc/net/udp
---@param six string|nil /proc/net/udp6
---@return table<string, boolean>
function own_addresses.udp(four, six)
  local taken = {}
  for hex, port in (four or ""):gmatch "%d+: (%x+):(%x%x%x%x) " do
    taken[("%s %d"):format(table.concat(from_hex(hex), "."), tonumber(port, 16))] = true
  end
  for hex, port in (six or ""):gmatch "%d+: (%x+):(%x%x%x%x) " do
    local big = hex:gsub("(%x%x)(%x%x)(%x%x)(%x%x)", "%4%3%2%1")
    taken[("%s %d"):format(six_text(big), tonumber(port, 16))] = true
  end
  return taken
end

return own_addresses
