-- EDGE
-- What files of the user directory print goes to the log, because the output of a command is for programs too. It is
-- bounded: a script that prints without end would fill the log, and the memory of its readers.

local log = require "core.log"

local printed = {}

local BYTES = 64 * 1024 -- of one call
local LINE = 16 -- so much counts for a line itself

local left = BYTES

--- A new call of a function begins.
function printed.begin() left = BYTES end

--- Logs a line.
---@param relative string the file, in the user directory
---@param text string
function printed.write(relative, text)
  if left <= 0 then return end
  local room = left
  left = left - #text - LINE
  log.write("info", relative .. ": " .. text:sub(1, room))
  if left <= 0 then
    log.write("warn", ("%s: prints more than %d KiB: the rest is left out"):format(relative, BYTES // 1024))
  end
end

return printed
