-- The health of all services together, for health checks. Only essential services decide it; others that are not well
-- are named. Pure.

local words = require "processes.words"

local health = {}

-- Container engines keep the first 4096 bytes of the text.
local TEXT_MAX = 4000

---@class Health
---@field state "healthy"|"starting"|"unhealthy"
---@field healthy boolean
---@field text string one line

-- Whether the service is in a first start without a failure. A migration always counts as one, because to end it would
-- throw its work away.
local function starts(status)
  if status.shown == "migrating" then return true end
  if status.unproven then return true end
  return not status.was_ready and status.failures == 0 and (status.state == "waiting" or status.state == "starting")
end

local function describe(list)
  local texts = {}
  for at, status in ipairs(list) do texts[at] = ("%s %s"):format(status.name, words.state(status)) end
  return table.concat(texts, "; ")
end

-- Services that are starting come first: they tell more than those that wait for them.
local function busy_first(list)
  local sorted = {}
  for _, state in ipairs {"starting", "waiting", "ready"} do
    for _, status in ipairs(list) do
      if status.state == state then sorted[#sorted + 1] = status end
    end
  end
  return sorted
end

local function sort_out(list)
  local ready, starting, down, degraded = 0, {}, {}, {}
  for _, status in ipairs(list) do
    local kind = degraded
    if status.essential then kind = starts(status) and starting or down end
    if status.state == "ready" and not status.unhealthy and not status.unproven then
      ready = ready + 1
    elseif status.essential or not starts(status) then
      kind[#kind + 1] = status
    end
  end
  return ready, busy_first(starting), down, degraded
end

local function verdict(list)
  local ready, starting, down, degraded = sort_out(list)
  local state, text = "healthy", ("healthy: %d of %d services are ready"):format(ready, #list)
  if #down > 0 then
    state, text = "unhealthy", "not healthy: " .. describe(down)
  elseif #starting > 0 then
    state, text = "starting", "starting: " .. describe(starting)
  end
  if #degraded > 0 then text = ("%s; degraded: %s"):format(text, describe(degraded)) end
  return state, text
end

local function one_line(text)
  text = text:gsub("%c", " ")
  if #text <= TEXT_MAX then return text end
  return text:sub(1, (utf8.offset(text, 0, TEXT_MAX + 1) or TEXT_MAX + 1) - 1) .. "..."
end

--- Judges the health of all services.
---@param list ServiceStatus[]
---@param options {stopping?: boolean, strict?: boolean} strict: a start counts as not healthy
---@return Health
function health.judge(list, options)
  local state, text = verdict(list)
  if options.stopping then state, text = "unhealthy", "not healthy: everything is being stopped" end
  local healthy = state == "healthy" or (state == "starting" and not options.strict)
  return {state = state, healthy = healthy, text = one_line(text)}
end

return health
