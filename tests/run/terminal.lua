-- A program on a terminal, by tmux: keys go in, and what the screen shows comes back.

local support = require "run.support"

---@class Terminal
local Terminal = {}
Terminal.__index = Terminal

local open = {} -- those that a test has not closed

--- Starts a command in a terminal of its own; variables are its whole environment.
---@param directory string for tmux's socket
---@param command string
---@param variables table<string, string>
---@param width? integer
---@param height? integer
---@return Terminal
function Terminal.new(directory, command, variables, width, height)
  local self = setmetatable({socket = ("%s/tmux-%d"):format(directory, #open + 1)}, Terminal)
  local words = {"env -i PATH=/usr/bin:/bin"}
  for name, value in pairs(variables) do words[#words + 1] = support.quote(name .. "=" .. value) end
  words[#words + 1] = command .. "; echo ended $?; exec cat"
  -- In the command, because tmux sets TERM itself.
  local line = support.quote(table.concat(words, " "):gsub("^env %-i", 'env -i TERM="$TERM"', 1))
  self:tmux(("new-session -d -x %d -y %d %s"):format(width or 80, height or 50, line))
  open[#open + 1] = self
  return self
end

function Terminal:tmux(words)
  return support.capture(("LC_ALL=C.UTF-8 tmux -u -S %s -f /dev/null %s 2>&1"):format(self.socket, words))
end

--- Types text, and then keys by tmux's names.
function Terminal:type(text, ...)
  if text ~= "" then self:tmux("send-keys -l -- " .. support.quote(text)) end
  for _, key in ipairs {...} do self:tmux("send-keys " .. key) end
  return self
end

--- Everything since the start, without blanks at the ends of lines, and without empty lines at the end.
function Terminal:screen()
  return (self:tmux "capture-pane -p -J -S -":gsub("[ \t]+\n", "\n"):gsub("[ \t\n]+$", ""))
end

--- Waits until the screen matches a pattern.
function Terminal:shows(pattern)
  local found = support.poll(support.LONG, function() return self:screen():find(pattern) end)
  assert(found, ("%q does not come; the screen:\n%s"):format(pattern, self:screen()))
  return self
end

--- Types a line, and waits for a pattern and for the next prompt after it.
function Terminal:enter(text, pattern)
  return self:type(text, "Enter"):shows(pattern .. ".*\n>$")
end

function Terminal:resize(width, height)
  self:tmux(("resize-window -x %d -y %d"):format(width, height or 50))
  return self
end

--- For after_each: all end.
function Terminal.finish()
  for _, one in ipairs(open) do one:tmux "kill-server" end
  open = {}
end

return Terminal
