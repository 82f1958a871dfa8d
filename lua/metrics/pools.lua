-- Reads from a page of metrics how many requests nginx has passed on to each pool, and how long they took. Pure.

local pools = {}

---@class PoolCount
---@field count number requests since nginx's counters began
---@field buckets {le: number, count: number}[] how many took no longer, in seconds, by bound

local NAME = "synlua_nginx_request_seconds"

-- An escaped character is set aside, so that a quote among them does not end the value.
local function label(labels, name)
  local aside = labels:gsub("\\(.)", function(c) return ("\1%02x"):format(c == "n" and 10 or c:byte()) end)
  local value = aside:match(("%%f[%%w_]%s=\"([^\"]*)\""):format(name))
  return value and (value:gsub("\1(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function bound(text) return text == "+Inf" and math.huge or tonumber(text) end

local function add(found, kind, labels, value)
  local name = label(labels, "pool")
  if not name or not value then return end
  found[name] = found[name] or {count = 0, buckets = {}}
  local pool = found[name]
  if kind == "count" then
    pool.count = value
  elseif kind == "bucket" then
    local le = bound(label(labels, "le") or "")
    if le then pool.buckets[#pool.buckets + 1] = {le = le, count = value} end
  end
end

--- The pools of a page; empty if nginx's requests are not counted.
---@param text string in Prometheus's format
---@return table<string, PoolCount>
function pools.read(text)
  local found, at = {}, 1
  while true do
    at = text:find(NAME .. "_", at, true)
    if not at then break end
    local kind, labels, value = text:match("^(%l+){([^\n]*)} (%S+)", at + #NAME + 1)
    if kind and (at == 1 or text:sub(at - 1, at - 1) == "\n") then add(found, kind, labels, tonumber(value)) end
    at = at + #NAME
  end
  for _, pool in pairs(found) do
    table.sort(pool.buckets, function(a, b) return a.le < b.le end)
  end
  return found
end

return pools
