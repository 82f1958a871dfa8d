-- EDGE
-- `synlua diff`: shows which files the next start would change, and how. Beside a running instance, it also shows what
-- changes for Synapse, because Synapse reads homeserver.yaml itself.

local changes = require "cli.changes"
local configuration = require "cli.configuration"
local plain = require("core.log").plain
local running = require "cli.running"

local function write_lines(lines, indent)
  for _, line in ipairs(lines) do io.stdout:write(indent, plain(line), "\n") end
end

---@return integer
return function()
  local done, input = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  running.note(done, input)
  local lines, options = changes.lines(done, input), running.changes(done) or {}
  write_lines(lines, "")
  if #lines == 0 then io.stdout:write("the next start changes no file\n") end
  if #options > 0 then io.stdout:write("Synapse's options, since the running instance was started:\n") end
  write_lines(options, "  ")
  return #lines + #options > 0 and 1 or 0
end
