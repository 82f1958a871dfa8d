-- EDGE
-- The first part of every command that needs the configuration: read it, run the stages, report problems.

local catalog = require "input.catalog"
local hex = require "lib.hex"
local input = require "input"
local log = require "core.log"
local overrides = require "input.overrides"
local schema = require "settings.schema"
local stages = require "stages"
local system = require "core.system"
local tables = require "lib.tables"
local yaml = require "lib.yaml"
local zones = require "input.zones"

local configuration = {}

configuration.EX_CONFIG = 78

local function random(n) return assert(system.random(n)) end

-- A run that moves or upgrades the database has no workers, and no service that answers clients.
local MIGRATION, UPGRADE = {"database_check", "migrate", "postgres"}, {"upgrade_database"}

-- What may not change a move, which cannot be tried and then undone.
local IGNORED = {
  ["services/synapse.lua"] = "what the move needs of it, say by variables or in homeserver.yaml",
  ["init.lua"] = "variables that it changes, such as POSTGRES_HOST, must be set in the environment",
}

local function for_job(found, options)
  found.migrates, found.upgrades = options.migrates, options.upgrades
  found.environment.SYNAPSE_WORKER_TYPES, found.environment.SYNAPSE_WORKER_TYPES_FILE = nil, nil
  if not options.migrates then return end
  for relative, override in overrides.all() do
    if IGNORED[relative] then
      found.warnings[#found.warnings + 1] = {where = override.path, hint = IGNORED[relative],
        what = "has no effect on the move of the database, which has its own plan"}
    end
  end
end

local function services_of(found)
  local services, kept = catalog.services(), {}
  if not found.migrates and not found.upgrades then return services end
  for _, name in ipairs(found.migrates and MIGRATION or UPGRADE) do kept[name] = services[name] end
  return kept
end

-- Without workers the files of worker types are not needed. Not reading them saves a tenth of a short command's time.
local function wants_workers(environment)
  return (environment.SYNAPSE_WORKER_TYPES or "") ~= "" or environment.SYNAPSE_WORKER_TYPES_FILE ~= nil
end

local HOOKS = {"settings", "plan", "files"}

-- The functions of init.lua that change what a stage has made.
local function hooks_of()
  local hooks = {}
  for _, name in ipairs(overrides.any() and HOOKS or {}) do hooks[name] = require("input.user_hooks").of(name) end
  return hooks
end

-- What init.lua hears of, the worker types, which it may choose too, and the jobs.
local function add_hooks(found)
  local hooks = overrides.any() and require "input.user_hooks"
  found.listener = hooks and hooks.listener()
  local wants = wants_workers(found.environment) or hooks and hooks.of "settings"
  found.worker_types = wants and catalog.workers() or {}
  found.jobs = (found.migrates or found.upgrades) and {} or catalog.jobs()
  found.zones = zones.read(found.environment, found.jobs)
end

-- Runs the stages, and adds what was found about files of the user directory.
local function run(found, services, tool)
  tool.hooks = (found.migrates or found.upgrades) and {} or hooks_of() -- such a run has a plan of its own
  local done = stages.run(found, services, tool)
  table.move(overrides.warnings(), 1, #overrides.warnings(), #done.warnings + 1, done.warnings)
  if overrides.any() then
    require("cli.own_settings").hide(done)
    local faults = require("input.guard").take()
    table.move(faults, 1, #faults, #done.problems + 1, done.problems)
  end
  return done
end

-- What is made once and then kept.
local function add_secrets(found)
  found.manhole = found.manhole or hex.of(random(16))
  if found.turn then found.turn.kept = found.turn.kept or hex.of(random(32)) end
  found.metrics_token = found.metrics_token or hex.of(random(32))
end

--- Reads everything and runs the stages.
---@param options? table make_secrets?: boolean; variables?: table<string, string>, in the environment's place;
--- migrates?: boolean, plan the move of SQLite's content to PostgreSQL; upgrades?: "dump"|"move", plan that of the
--- built-in PostgreSQL to a newer version; restores?: boolean, in a directory in which a restore was begun
---@return Stages
---@return Input
function configuration.make(options)
  options = options or {}
  local services = catalog.services()
  local found = input.read(schema.owner, options.variables)
  found.restores = options.restores
  if options.migrates or options.upgrades then
    for_job(found, options)
    services = services_of(found)
  end
  add_hooks(found)
  if options.make_secrets then add_secrets(found) end
  if overrides.any() then
    require("cli.registrations").add(found, services, options.make_secrets and random or nil)
  end
  local done = run(found, services, {encode = yaml.encode, random = options.make_secrets and random or nil})
  return done, found
end

--- Runs the stages again with another runtime directory, for a trial that does not touch a running instance.
---@param found Input
---@param runtime string
---@return Stages
function configuration.elsewhere(found, runtime)
  local other = {trial = true, environment = tables.copy(found.environment)}
  other.environment.SYNLUA_RUNTIME_DIR, other.environment.SYNLUA_RUNTIME_DIR_FILE = runtime, nil
  return run(setmetatable(other, {__index = found}), services_of(found), {encode = yaml.encode})
end

--- Makes the files of a service again, after something more was found out about it.
---@param done Stages its files are replaced
---@param found Input
---@param service string
---@return Problem[] problems
function configuration.make_again(done, found, service)
  local by, again = "service " .. service, run(found, services_of(found), {encode = yaml.encode})
  local bytes = {}
  for _, item in ipairs(again.files) do
    if item.made_by == by then bytes[item.base .. "/" .. item.path] = item end
  end
  for at, item in ipairs(done.files) do done.files[at] = bytes[item.base .. "/" .. item.path] or item end
  return again.problems
end

--- Takes in what was found out about nginx's certificate.
---@param done Stages its files may be made again
---@param found Input
---@param good? Validity
---@param problem? Problem
---@return Problem[] problems
function configuration.heed(done, found, good, problem)
  found.validity = good
  if problem or not good or not good.ocsp then return {problem} end
  return configuration.make_again(done, found, "nginx")
end

--- Checks the plan against the host, and adds the problems.
---@param done Stages
---@param found Input
---@param options? table of preflight.check
function configuration.preflight(done, found, options)
  if #done.problems > 0 then return end
  local preflight = require "disk.preflight"
  for _, problem in ipairs(preflight.check(done.plan, found, options)) do
    done.problems[#done.problems + 1] = problem
  end
end

--- Prints problems and warnings for people.
---@param problems Problem[]
---@param warnings Problem[]
---@return integer|nil status 78 when there are problems
---@return string? why the last word, for lines that come between
function configuration.report(problems, warnings)
  if #problems == 0 and #warnings == 0 then return end
  io.stderr:write(log.plain(require("settings.report").format(problems, warnings)))
  if #problems == 0 then return end
  log.write("error", ("exit %d: the configuration has %d problem%s, listed above"):format(configuration.EX_CONFIG,
    #problems, #problems == 1 and "" or "s"))
  local more = #problems > 1 and (", and %d more, listed above"):format(#problems - 1) or ""
  return configuration.EX_CONFIG, ("exit %d: %s: %s%s"):format(configuration.EX_CONFIG, problems[1].where,
    problems[1].what, more)
end

--- Prints one problem.
---@param where string
---@param what string
---@param hint string
---@return integer status
function configuration.refuse(where, what, hint)
  return assert(configuration.report({{where = where, what = what, hint = hint}}, {}))
end

--- Logs which files of the user directory replace shipped ones or add to them.
function configuration.log_overrides()
  for _, path in ipairs(overrides.paths()) do log.write("info", "taken from the user directory: " .. path) end
end

return configuration
