-- EDGE
-- What the status page shows: the services and what they use now, and a look at it each minute for the last hour.

local events = require "control.events"
local expiry = require "processes.expiry"
local file = require "core.file"
local health = require "processes.health"
local history = require "metrics.history"
local jobs = require "processes.jobs"
local loop = require "core.loop"
local meter = require "metrics.meter"
local page = require "metrics.page"
local pools = require "metrics.pools"
local supervise = require "processes.supervise"
local system = require "core.system"
local version = require "lib.version"

local overview = {}

local SIZE_KEPT = 60000 -- ms that the size of the database is kept

local past, timer = history.new(), nil -- one that is collected is closed

-- The same reading that a scrape gets, so that it costs no more than one.
local function look(about)
  local text, facts = page.text(about.started)
  local made = {at = system.now(), services = {}, pools = pools.read(text)}
  for _, status in ipairs(facts.services) do
    local used = status.pid and facts.usage[status.name]
    made.services[status.name] = {cpu_s = used and meter.cpu_s(facts.seen, status.name),
      memory = used and (facts.pss[status.name] or used.rss)}
  end
  return made, facts.services
end

local function later(about)
  if timer then timer:close() end
  timer = loop.timer(history.EVERY, function()
    later(about)
    past = history.add(past, (look(about)))
  end)
end

-- Bytes of the files in a directory, and in its directories so many levels down.
local function bytes_below(base, path, depth)
  local sum = 0
  for name, stat in pairs(file.list(base, path) or {}) do
    if stat.kind == "file" then sum = sum + stat.size end
    if stat.kind == "directory" and depth > 0 then sum = sum + bytes_below(base, path .. "/" .. name, depth - 1) end
  end
  return sum
end

local function bytes_of(base, files)
  local sum = 0
  for _, name in ipairs(files) do
    local stat = file.stat_below(base, name)
    if stat and stat.kind == "file" then sum = sum + stat.size end
  end
  return sum
end

local size = {}

local function database(of)
  local now = system.now()
  if of.base and (not size.at or now - size.at > SIZE_KEPT) then
    size = {at = now, bytes = of.files and bytes_of(of.base, of.files) or bytes_below(of.base, of.path, of.depth)}
  end
  return {name = of.name, bytes = size.bytes and size.bytes > 0 and size.bytes or nil}
end

---@class About what a start says of itself
---@field server_name string
---@field strict boolean as SYNLUA_HEALTH_STARTING says
---@field started integer seconds of the epoch
---@field began integer monotonic ms
---@field database DatabaseFiles
---@field warnings Problem[]
---@field picture? string

--- Begins to look once a minute.
---@param about About
function overview.follow(about)
  past = history.add(past, {at = about.began, services = {}, pools = {}}) -- nothing ran yet
  later(about)
end

--- What the page shows.
---@param about About
---@return Overview
function overview.now(about)
  local seen, services = look(about)
  return {
    server_name = about.server_name, version = version, at = os.time(),
    up_ms = system.now() - about.began, services = services, jobs = jobs.status(),
    health = health.judge(services, {stopping = supervise.is_stopping(), strict = about.strict}),
    now = history.present(past, seen), history = past, certificate = expiry.current(),
    database = database(about.database), events = events.last(), warnings = about.warnings, picture = about.picture,
  }
end

local LAST = 20

-- The values of all series of one kind, by name.
local function series(kind)
  local made = {}
  for name in pairs(past.series[kind]) do made[name] = history.values(past, kind, name) end
  return made
end

--- The same for `synlua top`, which has the services from their status.
---@param about About
---@return table
function overview.beside(about)
  local shown = overview.now(about)
  local list = shown.events
  return {
    health = shown.health, at = shown.at, certificate_ends = shown.certificate and shown.certificate.until_,
    database = shown.database, warnings = shown.warnings, events = {table.unpack(list, math.max(1, #list - LAST + 1))},
    rate = shown.now.rate, p95 = shown.now.p95,
    series = {cpu = series "cpu", rate = series "rate", p95 = series "p95"},
  }
end

return overview
