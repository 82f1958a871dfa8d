-- EDGE
-- `synlua diff`: shows which files the next start would change, and how. Beside a running instance, it also shows what
-- changes for Synapse, because Synapse reads homeserver.yaml itself.

local changes = require "cli.changes"
local configuration = require "cli.configuration"
local running = require "cli.running"
local write = require "disk.write"

local WORDS = {make = "made", change = "changed", attributes = "given its mode and owner"}

local function describe(done, item, what, text)
  local path = item.base .. "/" .. item.path
  io.stdout:write(("%s: %s%s\n"):format(path, WORDS[what], readable.is_secret(item) and " (secret)" or ""))
  if readable.is_secret(item) or what ~= "change" then return end
  local lines = diff.lines(readable.bytes(done, item, text), readable.bytes(done, item))
  if #lines == 0 then lines = {"(a secret differs, or only the way it is written)"} end
  for _, line in ipairs(lines) do io.stdout:write("  ", plain(line), "\n") end
end

local function describe_options(lines)
  io.stdout:write("Synapse's options, since the running instance was started:\n")
  for _, line in ipairs(lines) do io.stdout:write("  ", plain(line), "\n") end
end

---@return integer
return function()
  local done, input = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  running.note(done, input)
  local changes = 0
  for _, item in ipairs(done.files) do
    local what, text = write.would(item, input.host.uid == 0)
    if what then
      changes = changes + 1
      describe(done, item, what, text)
    end
  end
  if changes == 0 then io.stdout:write("the next start changes no file\n") end
  local options = running.changes(done) or {}
  if #options > 0 then describe_options(options) end
  return changes + #options > 0 and 1 or 0
end
