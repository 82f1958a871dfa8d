-- The metrics of nginx's requests, from what was counted of its access lines; and how many lines are missing. Pure.

local exposition = require "metrics.exposition"

local nginx = {}

local of_pool, of_bound = exposition.keeper "pool", exposition.keeper("pool", "le")

local SETTLED_MS = 10000 -- nginx keeps a line for a second; after this time it has come, or it is lost

---@class Losses
---@field lost integer requests of nginx whose line did not come
---@field pid? integer of the nginx that was seen last
---@field requests integer that it had
---@field settled integer lost before this nginx
---@field base integer lines that came before this nginx
---@field before? {done: integer, at: integer} an earlier look

---@return Losses
function nginx.new() return {lost = 0, requests = 0, settled = 0, base = 0} end

--- What nginx says of itself (stub_status): requests that it has had, and those that it has not answered yet.
---@param answer string
---@return integer? requests
---@return integer? open
function nginx.read(answer)
  local requests, reading, writing = answer:match("handled requests\n +%d+ +%d+ +(%d+) *\n"
    .. "Reading: (%d+) Writing: (%d+)")
  if not requests then return nil end
  return math.tointeger(requests), math.tointeger(reading) + math.tointeger(writing)
end

-- A new nginx counts from 0. How many of the lines so far are its own is not known, so none of them counts as lost.
local function of_this_nginx(seen, look)
  if seen.pid == look.pid and look.requests >= seen.requests then return seen end
  local base = seen.pid and look.lines - (look.requests - look.open) or 0
  return {lost = seen.lost, settled = seen.lost, base = base}
end

--- The memory after a look at nginx. Of the requests that were done at an earlier look, all lines must have come by
--- now. Lines of later requests came too, so this is the least that is lost. It is exact once no requests come.
---@param seen Losses
---@param look {pid: integer, requests: integer, open: integer, lines: integer, at: integer} at: ms
---@return Losses
function nginx.look(seen, look)
  local now = of_this_nginx(seen, look)
  local done, before, lost = look.requests - look.open, now.before, now.lost
  if before and look.at - before.at >= SETTLED_MS then
    lost, before = math.max(lost, now.settled + before.done - (look.lines - now.base)), nil
  end
  return {lost = lost, pid = look.pid, requests = look.requests, settled = now.settled, base = now.base,
    before = before or {done = done, at = look.at}}
end

local function status_of(class) return class == 0 and "none" or class .. "xx" end

local function requests(counts)
  local samples = {}
  for at, one in ipairs(counts.series) do
    samples[at] = {value = one.count,
      labels = {method = one.method == "-" and "other" or one.method, status = status_of(one.class), pool = one.pool,
        route = one.route}}
  end
  return samples
end

local function sum_of(times)
  local sum = 0
  for _, count in ipairs(times) do sum = sum + count end
  return sum
end

-- Each bucket counts all that took no longer than its bound.
local function add_times(samples, pool, times, bounds)
  local sum = 0
  for at, count in ipairs(times) do
    sum = sum + count
    local bound = bounds[at] and ("%g"):format(bounds[at] / 1000) or "+Inf"
    samples[#samples + 1] = {suffix = "_bucket", value = sum, labels = of_bound(pool, bound)}
  end
  samples[#samples + 1] = {suffix = "_sum", value = times.sum_ms / 1000, labels = of_pool(pool)}
  samples[#samples + 1] = {suffix = "_count", value = sum, labels = of_pool(pool)}
end

local TIMES = {
  {"synlua_nginx_request_seconds", "How long nginx had a request, from its first byte to the last of the answer.",
    "request"},
  {"synlua_nginx_upstream_seconds", "How long the processes that nginx asked for a request took.", "upstream"},
  {"synlua_nginx_connect_seconds", "How long connecting to these processes took.", "connect"},
}

local SUMS = {
  {"synlua_nginx_sent_bytes_total", "Bytes that nginx sent to clients.", "sent"},
  {"synlua_nginx_received_bytes_total", "Bytes of clients' requests, with their bodies.", "received"},
  {"synlua_nginx_retries_total", "How often nginx asked another process after one had not answered.", "retries"},
}

--- All families about requests.
---@param counts table of core.access
---@param lost integer
---@return Family[]
function nginx.families(counts, lost)
  local list = {{name = "synlua_nginx_requests_total", type = "counter", samples = requests(counts),
    help = "Requests by method, status, pool of processes (synlua: nginx itself) and route."}}
  local function add(name, kind, help, samples)
    list[#list + 1] = {name = name, type = kind, help = help, samples = samples}
  end
  for _, row in ipairs(TIMES) do
    local samples = {}
    for _, pool in ipairs(counts.pools) do
      local times = pool[row[3]]
      if sum_of(times) > 0 then add_times(samples, pool.name, times, counts.bounds_ms) end
    end
    add(row[1], "histogram", row[2], samples)
  end
  for _, row in ipairs(SUMS) do
    local samples = {}
    for _, pool in ipairs(counts.pools) do
      if sum_of(pool.request) > 0 then samples[#samples + 1] = {labels = of_pool(pool.name), value = pool[row[3]]} end
    end
    add(row[1], "counter", row[2], samples)
  end
  add("synlua_nginx_lines_malformed_total", "counter", "Lines of nginx that could not be counted.",
    {{value = counts.malformed}})
  add("synlua_nginx_lines_lost_total", "counter", "Requests that nginx had and whose line did not come.",
    {{value = lost}})
  return list
end

return nginx
