-- EDGE
-- `--live`: runs the command again with the variables that the running instance was started with. The instance tells
-- them to root and its own user, and nothing of them is printed. /proc would say them too, but in a container without
-- CAP_SYS_PTRACE not even to root.

local client = require "control.client"
local process = require "core.process"
local system = require "core.system"
local tables = require "lib.tables"

local live = {}

--- The name by which the command runs anew. A command with this name has the instance's variables already.
live.PROGRAM = "/proc/self/exe"

-- These describe the terminal and the person at it, not the instance.
local KEPT = {"TERM", "COLUMNS", "NO_COLOR", "COLORTERM", "HOME", "XDG_STATE_HOME"}

--- The environment of the running instance, with what its arguments say.
---@return table<string, string>|nil
---@return string? why
function live.variables()
  local variables = {}
  local answer, why = client.ask({verb = "environment"}, function(one) variables[one.variable] = one.value end)
  if not answer or answer.error then return nil, why or answer.error end
  return variables
end

--- Runs the command anew with the instance's variables. Returns only where that fails.
---@param words string[]
---@return integer status
function live.enter(words)
  local variables, why = live.variables()
  if not variables then return client.fail(why) end
  local own, list, argv = system.environment(), {}, {live.PROGRAM, table.unpack(words)}
  for _, name in ipairs(KEPT) do variables[name] = own[name] end
  for name, value in tables.sorted(variables) do list[#list + 1] = name .. "=" .. value end
  local _, fault = process.exec {argv = argv, environment = list}
  return client.fail(fault)
end

return live
