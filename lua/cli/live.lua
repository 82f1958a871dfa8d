-- EDGE
-- `--live`: runs the command again with the variables that the running instance was started with. They are read from
-- /proc, which only root and the instance's own user may do, and nothing of them is printed.

local client = require "control.client"
local file = require "core.file"
local official = require "cli.official"
local process = require "core.process"
local system = require "core.system"
local tables = require "lib.tables"

local live = {}

--- The name by which the command runs anew. A command with this name has the instance's variables already.
live.PROGRAM = "/proc/self/exe"

local LONGEST = 4 * 1024 * 1024

-- These describe the terminal and the person at it, not the instance.
local KEPT = {"TERM", "COLUMNS", "NO_COLOR", "COLORTERM", "HOME", "XDG_STATE_HOME"}

local function split(text)
  local list = {}
  for item in text:gmatch "([^%z]*)%z" do list[#list + 1] = item end
  return list
end

-- The configuration that arguments of `run` named.
local function add_arguments(variables, words)
  local from = 2
  if words[from] == "run" then from = from + 1 end
  local given = official.read {table.unpack(words, from)}
  variables.SYNAPSE_CONFIG_PATH = not given.fault and given.config_path or variables.SYNAPSE_CONFIG_PATH
end

--- The environment of the running instance, with what its arguments say.
---@return table<string, string>|nil
---@return string? why
function live.variables()
  local answer, why = client.ask {verb = "status"}
  if not answer or answer.error then return nil, why or answer.error end
  local directory = ("/proc/%d/"):format(math.tointeger(answer.pid) or 0)
  local environment, fault = file.read(directory .. "environ", LONGEST)
  if not environment then
    return nil, ("the variables of the running instance cannot be read (%s): ask as root, or as the user that runs "
      .. "synlua, in the same container"):format(fault)
  end
  local variables = {}
  for _, item in ipairs(split(environment)) do
    local name, value = item:match "^([^=]+)=(.*)$"
    if name then variables[name] = value end
  end
  add_arguments(variables, split(file.read(directory .. "cmdline", LONGEST) or ""))
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
