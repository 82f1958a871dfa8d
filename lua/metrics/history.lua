-- What the services used, and what nginx passed on, minute by minute, for the last hour. Pure: each look gives a new
-- history. A series is a string of numbers of four bytes, so that fifty services cost less than 50 KB.

local tables = require "lib.tables"

local history = {}

history.EVERY = 60000 -- ms from one look to the next
history.LONGEST = 60 -- looks that are kept
history.SERIES = 512 -- of each kind; others are left out

local LEAST = 3000 -- ms: over a shorter time, a rate says nothing
local NOT_KNOWN = 0 / 0

---@class Look
---@field at integer monotonic ms
---@field services table<string, {cpu_s?: number, memory?: number}>
---@field pools table<string, PoolCount> counters since the start of each pool

---@class History
---@field count integer looks that are kept
---@field last? Look
---@field series table<"cpu"|"memory"|"rate"|"p95", table<string, string>>

---@return History
function history.new()
  return {count = 0, series = {cpu = {}, memory = {}, rate = {}, p95 = {}}}
end

-- The value below which 95 % lie, by the counts of a histogram: in a straight line within its bucket.
local function quantile(pool, before, share)
  local counts, total = {}, 0
  for at, bucket in ipairs(pool.buckets) do
    local past = before and before.buckets[at] and before.buckets[at].count or 0
    counts[at] = math.max(0, bucket.count - past) -- of all that took no longer than this bound
    total = math.max(total, counts[at])
  end
  if total == 0 then return end
  local wanted, below, from = total * share, 0, 0
  for at, bucket in ipairs(pool.buckets) do
    if counts[at] >= wanted then
      if bucket.le == math.huge then return from end
      return from + (bucket.le - from) * (wanted - below) / math.max(1, counts[at] - below)
    end
    below, from = counts[at], bucket.le
  end
end

local function difference(now, before, seconds)
  if not (now and before) or now < before then return end
  return (now - before) / seconds
end

-- What the time between two looks gives: a value of each series.
local function between(before, look)
  local seconds = (look.at - before.at) / 1000
  local made = {cpu = {}, memory = {}, rate = {}, p95 = {}}
  for name, used in pairs(look.services) do
    local past = before.services[name]
    made.cpu[name] = difference(used.cpu_s, past and past.cpu_s or 0, seconds) -- before its start it used none
    made.memory[name] = used.memory
  end
  for name, pool in pairs(look.pools) do
    local past = before.pools[name]
    made.rate[name] = difference(pool.count, past and past.count or 0, seconds)
    made.p95[name] = quantile(pool, past, 0.95)
  end
  return made
end

local UNKNOWN = ("<f"):pack(NOT_KNOWN)

-- The series with one value more, and without the oldest where there are enough.
local function grown(series, value, count)
  local packed = (series or UNKNOWN:rep(count)) .. ("<f"):pack(value or NOT_KNOWN)
  return packed:sub(-4 * history.LONGEST)
end

local function names_of(look, kind)
  return tables.keys((kind == "cpu" or kind == "memory") and look.services or look.pools)
end

--- The history after a look. The first look is only what later ones are compared with.
---@param past History
---@param look Look
---@return History
function history.add(past, look)
  local made = {count = past.count, last = look, series = past.series}
  if not past.last or look.at <= past.last.at then return made end
  local values = between(past.last, look)
  made.series = {}
  for kind, all in pairs(past.series) do
    made.series[kind] = {}
    for at, name in ipairs(names_of(look, kind)) do
      if at > history.SERIES then break end
      made.series[kind][name] = grown(all[name], values[kind][name], past.count)
    end
  end
  made.count = math.min(history.LONGEST, past.count + 1)
  return made
end

--- The values of a series, oldest first; false: not known.
---@param past History
---@param kind "cpu"|"memory"|"rate"|"p95"
---@param name string
---@return (number|false)[]
function history.values(past, kind, name)
  local list, packed = {}, past.series[kind][name] or ""
  for at = 1, #packed // 4 do
    local value = ("<f"):unpack(packed, 4 * at - 3)
    list[at] = value == value and value
  end
  return list
end

--- The values since the last look. If that was a moment ago, those of that look.
---@param past History
---@param look Look
---@return table<"cpu"|"memory"|"rate"|"p95", table<string, number>>
function history.present(past, look)
  local empty = {cpu = {}, memory = {}, rate = {}, p95 = {}}
  local made = past.last and look.at - past.last.at >= LEAST and between(past.last, look) or empty
  if made ~= empty then return made end
  for kind in pairs(past.series) do
    for _, name in ipairs(names_of(look, kind)) do
      local values = history.values(past, kind, name)
      made[kind][name] = values[#values] or nil
    end
  end
  for name, used in pairs(look.services) do made.memory[name] = used.memory end
  return made
end

return history
