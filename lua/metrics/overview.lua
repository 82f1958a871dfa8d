-- EDGE
-- What the status page shows: the services and what they use now, and a look at it each minute for the last hour.

local events = require "control.events"
local expiry = require "processes.expiry"
local file = require "core.file"
local health = require "processes.health"
local history = require "metrics.history"
local loop = require "core.loop"
local meter = require "metrics.meter"
local page = require "metrics.page"
local pools = require "metrics.pools"
local supervise = require "processes.supervise"
local system = require "core.system"

local overview = {}

local SIZE_KEPT = 60000 -- ms that the size of the database is kept

local past, about, began, timer = history.new(), nil, nil, nil -- timer: one that is collected is closed

-- The same reading that a scrape gets, so that it costs no more than one.
local function look()
  local text, facts = page.text(about.started)
  local made = {at = system.now(), services = {}, pools = pools.read(text)}
  for _, status in ipairs(facts.services) do
    local used = status.pid and facts.usage[status.name]
    made.services[status.name] = {cpu_s = used and meter.cpu_s(facts.seen, status.name),
      memory = used and (facts.pss[status.name] or used.rss)}
  end
  return made, facts.services
end

local function each_minute()
  if timer then timer:close() end
  timer = loop.timer(history.EVERY, each_minute)
  past = history.add(past, (look()))
end

-- Bytes of the files in a directory whose names begin so, and of those in its directories, two levels down.
local function bytes_below(base, path, prefix, depth)
  local sum = 0
  for name, stat in pairs(file.list(base, path) or {}) do
    if name:sub(1, #prefix) == prefix then
      if stat.kind == "file" then sum = sum + stat.size end
      if stat.kind == "directory" and depth > 0 then
        sum = sum + bytes_below(base, path == "" and name or path .. "/" .. name, "", depth - 1)
      end
    end
  end
  return sum
end

local size = {}

local function database()
  local of, now = about.database, system.now()
  if of.base and (not size.at or now - size.at > SIZE_KEPT) then
    size = {at = now, bytes = bytes_below(of.base, of.path, of.prefix, of.depth)}
  end
  return {name = of.name, bytes = size.bytes and size.bytes > 0 and size.bytes or nil}
end

--- Begins to look once a minute.
---@param given {server_name: string, strict: boolean, started: integer, database: DatabaseFiles,
--- warnings: Problem[], picture?: string}
function overview.follow(given)
  about, began = given, system.now()
  past = history.add(past, {at = began, services = {}, pools = {}}) -- nothing runs yet
  timer = loop.timer(history.EVERY, each_minute)
end

--- What the page shows.
---@return Overview
function overview.now()
  local seen, services = look()
  return {
    server_name = about.server_name, version = require "lib.version", at = os.time(), up_ms = system.now() - began,
    health = health.judge(services, {stopping = supervise.is_stopping(), strict = about.strict}), services = services,
    now = history.present(past, seen), history = past, certificate = expiry.followed(), database = database(),
    events = events.last(), warnings = about.warnings, picture = about.picture,
  }
end

return overview
