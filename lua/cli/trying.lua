-- EDGE
-- Lets services try their files, for `check` and for a start.

local configuration = require "cli.configuration"
local log = require "core.log"
local loop = require "core.loop"
local output = require "core.output"
local overrides = require "input.overrides"
local proof = require "disk.proof"
local tables = require "lib.tables"
local trial = require "disk.trial"

local trying = {}

-- Tried after every change: also where everything is ours, it may refuse a certificate.
local NGINX = "nginx"

-- The services whose files hold something of the admin's: a piece in a slot, a template, what the hook `files` has
-- changed, or the service's own file.
local function is_own(done, name, service)
  local owner = done.view.services.owners[name]
  for replaced in overrides.under "services" do
    if replaced == owner .. ".lua" then return true end
  end
  for _, file in ipairs(done.files) do
    local theirs = file.touched and file.made_by == "service " .. owner or file.made_by == "init.lua"
    if theirs and file.path:find(service.trial.directory .. "/", 1, true) == 1 then return true end
  end
  return false
end

--- The names of the services to try.
---@param done Stages
---@param all? boolean also those that only `check` tries
---@return string[]
function trying.names(done, all)
  local names = {}
  for name, service in tables.sorted(done.plan.services) do
    local wants = name == NGINX and not proof.is_known(done.plan, done.files, name)
    local asks = service.trial and (service.trial.doubtful or all and service.trial.always)
    if asks or service.trial and (wants or is_own(done, name, service)) then
      names[#names + 1] = name
    end
  end
  return names
end

-- Where no scratch directory can be made (a root file system that is read-only, and no /tmp) a start goes on: the
-- services themselves say what is wrong.
local function untried(problem, must, go_on)
  if must then return configuration.report({problem}, {}) end
  proof.forget()
  local words = "the files of services are not tried before the start: %s: %s"
  log.write("warn", words:format(problem.where, problem.what))
  return go_on()
end

--- Tries them. go_on is called where they are good, and its result is that of the command.
---@param names string[]
---@param done Stages
---@param input Input
---@param go_on fun(): integer|nil
---@param must? boolean that they cannot be tried is a problem
---@return integer|nil
function trying.run(names, done, input, go_on, must)
  if #names == 0 then return go_on() end
  assert(output.configure {format = done.plan.output.format, when_blocked = done.plan.output.when_blocked, mute = true})
  local again = configuration.elsewhere(input, trial.place())
  local options = {names = names, runtime = done.plan.paths.runtime}
  local problem = trial.run(again.plan, again.files, options, function(ended)
    if ended.interrupted then return end
    for _, line in ipairs(ended.said) do log.write("error", line) end
    local status = configuration.report(ended.problems, {}) or go_on()
    if status then loop.stop(status) end
  end)
  if problem then return untried(problem, must, go_on) end
end

--- Remembers, once everything is in its place, that nginx's files are good.
---@param done Stages that were tried
---@param privileged boolean
function trying.remember(done, privileged)
  if done.plan.services[NGINX] then proof.remember(done.plan, done.files, NGINX, privileged) end
end

return trying
