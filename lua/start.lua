-- EDGE
-- What every command that looks at the configuration begins with: read, run the stages, report.

local catalog = require "catalog"
local env = require "env"
local log = require "core.log"
local overrides = require "overrides"
local preflight = require "preflight"
local stages = require "stages"
local system = require "core.system"
local yaml = require "lib.yaml"

local start = {}

start.EX_CONFIG = 78

local function random(n) return assert(system.random(n)) end

-- What runs while the database moves: the database, no workers, nothing that serves anybody.
local MIGRATION = {"database_check", "migrate", "postgres"}

local function for_migration(input, services)
  input.migrates = true
  input.environment.SYNAPSE_WORKER_TYPES, input.environment.SYNAPSE_WORKER_TYPES_FILE = nil, nil
  local kept = {}
  for _, name in ipairs(MIGRATION) do kept[name] = services[name] end
  return kept
end

-- Without workers nobody asks what their types mean: not read, that is a tenth of a short command's time.
local function wants_workers(environment)
  return (environment.SYNAPSE_WORKER_TYPES or "") ~= "" or environment.SYNAPSE_WORKER_TYPES_FILE ~= nil
end

--- Reads everything and runs the stages.
---@param options? table make_secrets?: boolean; variables?: table<string, string>, in the environment's place;
--- migrates?: boolean, the plan is that of moving SQLite's content
---@return Stages
---@return Input
function start.prepare(options)
  options = options or {}
  local input, services = env.read(options.variables), catalog.services()
  input.worker_types = wants_workers(input.environment) and catalog.workers() or {}
  if options.make_secrets and not input.manhole then
    input.manhole = random(16):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
  end
  if options.migrates then services = for_migration(input, services) end
  local done = stages.run(input, services, {encode = yaml.encode, random = options.make_secrets and random or nil})
  return done, input
end

--- Adds what the host has against the plan to the problems.
---@param done Stages
---@param input Input
---@param options? table of preflight.check
function start.preflight(done, input, options)
  if #done.problems > 0 then return end
  for _, problem in ipairs(preflight.check(done.plan, input, options)) do
    done.problems[#done.problems + 1] = problem
  end
end

--- Prints problems and warnings for people.
---@param problems Problem[]
---@param warnings Problem[]
---@return integer|nil status 78 when there are problems
function start.report(problems, warnings)
  if #problems == 0 and #warnings == 0 then return end
  io.stderr:write(require("settings.report").format(problems, warnings))
  if #problems == 0 then return end
  log.write("error", ("exit %d: the configuration has %d problem%s, listed above"):format(start.EX_CONFIG, #problems,
    #problems == 1 and "" or "s"))
  return start.EX_CONFIG
end

--- Says which files of the user's replaced or added something.
function start.log_overrides()
  for _, path in ipairs(overrides.paths()) do log.write("info", "taken from the user directory: " .. path) end
end

return start
