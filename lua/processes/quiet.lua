-- EDGE
-- Leaves out lines in which a service complains that another service is not ready. synlua logs that itself.

local log = require "core.log"
local loop = require "core.loop"
local output = require "core.output"
local system = require "core.system"

local quiet = {}

-- A service may write a line some time after its request has failed, and the other one may be ready by then.
local LATE_MS = 1000

local last = {} -- by service: the names of the services about which its lines are left out
local timer

-- For how many more milliseconds lines about this service are left out. nil: until it is ready; 0: no longer.
local function left(service, now)
  if service.state ~= "ready" then return nil end
  return math.max(0, service.since + LATE_MS - now)
end

-- Gives the texts of one service to its output, and logs how many lines the texts before left out.
local function change(name, away, texts)
  local now, before = table.concat(away, ", "), last[name] or ""
  if now == before then return end
  local count = output.quiet(name, texts)
  if count > 0 then
    log.write("info", ("left out %d line%s of %s about services that were not ready: %s"):format(count,
      count == 1 and "" or "s", name, before ~= "" and before or now))
  end
  last[name] = now
end

--- Call it whenever a state may have changed. The `quiet` of a service is a list of {service =, texts =}, with the
--- texts in the form that output.quiet takes.
---@param world World
function quiet.follow(world)
  local now, soonest = system.now(), nil
  for name, spec in pairs(world.specs) do
    local away, texts = {}, {}
    for _, about in ipairs(spec.quiet or {}) do
      local service = world.services[about.service]
      local ms = service and left(service, now)
      if service and ms ~= 0 then
        away[#away + 1] = about.service
        for _, text in ipairs(about.texts) do texts[#texts + 1] = text end
        if ms then soonest = math.min(ms, soonest or ms) end
      end
    end
    change(name, away, texts)
  end
  if timer then timer:close() end
  timer = soonest and loop.timer(soonest, function() quiet.follow(world) end)
end

return quiet
