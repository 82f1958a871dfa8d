-- EDGE
-- Compares what a command has read with what the running instance was started with.

local client = require "control.client"
local installed = require "input.installed"
local plain = require("core.log").plain
local started = require "cli.started"
local tables = require "lib.tables"

local running = {}

local SOON = 1000 -- ms; a command does not wait longer for an instance that is stuck
local NAMED = 4 -- variables in a line

---@param what "variables"|"options"
---@return Started|nil where no instance answers
local function ask(what)
  local made = {variables = {}, options = {}}
  local done = client.ask({verb = "started", what = what}, function(answer)
    if answer.variable then made.variables[answer.variable] = answer.hash end
    if answer.option then made.options[answer.option] = {text = answer.text, hash = answer.hash} end
  end, SOON)
  if not done or not done.ok or type(done.salt) ~= "string" then return end
  made.salt = done.salt
  return made
end

local function listed(names)
  local more = #names - NAMED
  if more <= 0 then return table.concat(names, ", ") end
  return ("%s and %d more"):format(table.concat(names, ", ", 1, NAMED), more)
end

--- Says in one line if the running instance was started with other variables than this command has.
---@param done Stages
---@param input Input
function running.note(done, input)
  local then_ = ask "variables"
  if not then_ then return end
  local now = started.variables(done.settings, input.environment, then_.salt)
  local names = tables.differing(then_.variables, now)
  if #names == 0 then return end
  io.stderr:write(("synlua: the running instance was started with other variables than this command has: %s\n"):format(
    plain(listed(names))))
end

--- How Synapse's options would change with the next start, line by line. nil where no instance runs.
---@param done Stages
---@return string[]|nil
function running.changes(done)
  local then_ = ask "options"
  if not then_ then return end
  local secrets = installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON)
  return started.changes(then_.options, started.options(done.view, then_.salt, secrets))
end

return running
