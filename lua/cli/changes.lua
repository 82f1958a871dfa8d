-- EDGE
-- What the next start would change in files, as lines for people.

local diff = require "files.diff"
local readable = require "cli.readable"
local write = require "disk.write"

local changes = {}

local WORDS = {make = "made", change = "changed", attributes = "given its mode and owner"}

local function add(lines, done, item, what, text)
  local path = item.base .. "/" .. item.path
  lines[#lines + 1] = ("%s: %s%s"):format(path, WORDS[what], readable.is_secret(item) and " (secret)" or "")
  if readable.is_secret(item) or what ~= "change" then return end
  local found = diff.lines(readable.bytes(done, item, text), readable.bytes(done, item))
  if #found == 0 then found = {"(a secret differs, or only the way it is written)"} end
  for _, line in ipairs(found) do lines[#lines + 1] = "  " .. line end
end

--- Lines about every file that would change. Empty: none would.
---@param done Stages
---@param input Input
---@return string[]
function changes.lines(done, input)
  local lines = {}
  for _, item in ipairs(done.files) do
    local what, text = write.would(item, input.host.uid == 0)
    if what then add(lines, done, item, what, text) end
  end
  return lines
end

return changes
