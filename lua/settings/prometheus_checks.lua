-- Checks the variables of Prometheus and of the exporters together; see settings/checks.lua.

local timespan = require "settings.timespan"
local topic = require "settings.schema.prometheus"

local checks = {}

local REMOTE = "PROMETHEUS_REMOTE_WRITE_"
-- These act also where Prometheus does not run.
local ELSEWHERE = {SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT = true, SYNAPSE_ENABLE_REDIS_METRIC_EXPORT = true,
  SYNLUA_PROMETHEUS = true}

-- The variables that somebody has set to something, of those that a function picks.
local function set(case, picks)
  local list = {}
  for _, entry in ipairs(topic.entries) do
    local name = entry.name
    if case.given(name) and case.settings[name] ~= entry.default and picks(name) then
      list[#list + 1] = case.sources[name] or name
    end
  end
  return table.concat(list, ", ")
end

local function warn(case, names, what, hint)
  if names ~= "" then case.warning(names, what, hint) end
end

--- What is set for nothing.
function checks.prometheus_idle(case)
  local settings = case.settings
  if not settings.SYNAPSE_METRICS then
    local names = set(case, function(name) return name ~= "SYNLUA_PROMETHEUS" or settings[name] end)
    return warn(case, names, "no effect without metrics", "set SYNAPSE_METRICS=yes, or unset these")
  end
  if settings.SYNLUA_PROMETHEUS == false then
    local names = set(case, function(name) return not ELSEWHERE[name] end)
    return warn(case, names, "no effect with SYNLUA_PROMETHEUS=no", "unset that, or these")
  end
  if not case.given(REMOTE .. "HTTP_URL") then
    local names = set(case, function(name) return name:sub(1, #REMOTE) == REMOTE end)
    warn(case, names, "no effect without " .. REMOTE .. "HTTP_URL", "set it to send everything there, or unset these")
  end
end

local function ordered(case, low, high, number)
  low, high = REMOTE .. low, REMOTE .. high
  if not case.sound(low, high) or number(case.settings[low]) <= number(case.settings[high]) then return end
  case.problem(case.sources[low] or case.sources[high],
    ("is more than the most: %s, where %s is %s"):format(case.settings[low], high, case.settings[high]),
    ("set %s to at most %s"):format(low, high))
end

--- Limits that contradict each other.
function checks.prometheus_limits(case)
  ordered(case, "MIN_SHARDS", "MAX_SHARDS", tonumber)
  ordered(case, "MIN_BACKOFF", "MAX_BACKOFF", timespan.milliseconds)
end

return checks
