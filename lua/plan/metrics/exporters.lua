-- Which exporters run: those of Redis and PostgreSQL.

local later = require "lib.later"
local exporter = later "plan.metrics.exporter" ---@module "plan.metrics.exporter"

local exporters = {}

local function one(view, job, variable, problems, warnings)
  if not view.settings[variable] or not view.settings.SYNAPSE_METRICS then return false end
  return exporter.of(view, job, problems, warnings)
end

--- Both exporters; false where one does not run.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return table<string, Exporter|false>
function exporters.of(view, problems, warnings)
  return {redis = one(view, "redis", "SYNAPSE_ENABLE_REDIS_METRIC_EXPORT", problems, warnings),
    postgres = one(view, "postgres", "SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT", problems, warnings)}
end

return exporters
