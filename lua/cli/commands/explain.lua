-- EDGE
-- `synlua explain KEY`: shows the value of an option of Synapse, the layer that sets it, and the values of lower
-- layers.

local installed = require "input.installed"
local option_origins = require "cli.option_origins"
local option_names = require "cli.option_names"
local synapse_options = require "input.synapse_options"
local configuration = require "cli.configuration"
local running = require "cli.running"
local plain = require("core.log").plain

local NOT_SET = 1

-- Why there is nothing to show.
local function absent(done, key)
  local meant = option_names.meant(done.view.homeserver.merged, key, require "input.option_names")
  local first, python = key:match "^[^.]*", done.settings.SYNLUA_SYNAPSE_PYTHON
  local read = installed.options({first}, python) -- {} for a name that our own list has
  if #synapse_options.unlisted {first} > 0 and not (read and read[first]) then
    return ("%s is no option of Synapse%s%s"):format(first, read and "" or " that synlua knows",
      meant and ("; did you mean %s?"):format(meant) or "")
  end
  return ("no layer sets %s: Synapse uses its own default%s"):format(key,
    meant and (" (or did you mean %s?)"):format(meant) or "")
end

---@param arguments {key: string}
---@return integer
return function(arguments)
  local done, input = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  running.note(done, input)
  local lines = option_origins.lines(done.view, arguments.key,
    installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON))
  if not lines then
    io.stderr:write("synlua: ", plain(absent(done, arguments.key)), "\n")
    return NOT_SET
  end
  io.stdout:write(plain(table.concat(lines, "\n")), "\n")
  return 0
end
