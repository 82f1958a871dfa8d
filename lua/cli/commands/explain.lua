-- EDGE
-- `synlua explain KEY`: shows the value of an option of Synapse, the layer that sets it, and the values of lower
-- layers.

local installed = require "input.installed"
local option_origins = require "cli.option_origins"
local configuration = require "cli.configuration"
local plain = require("core.log").plain

local NOT_SET = 1

---@param arguments {key: string}
---@return integer
return function(arguments)
  local done = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  local lines = option_origins.lines(done.view, arguments.key,
    installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON))
  if not lines then
    io.stderr:write(("synlua: no layer sets %s: Synapse uses its own default\n"):format(arguments.key))
    return NOT_SET
  end
  io.stdout:write(plain(table.concat(lines, "\n")), "\n")
  return 0
end
