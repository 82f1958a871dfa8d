-- EDGE
-- Compiles and runs code of the shell, and says where an error is: the line of the code, and who called it.

local edit = require "core.edit"

local run = {}

local FRAMES = 5

local sources = {} -- by name of chunk

--- Compiles an expression or statements.
---@param code string
---@param env table
---@param name string of the chunk, in messages
---@return function?
---@return string? why
---@return boolean? unfinished whether more lines may complete it
function run.compile(code, env, name)
  sources[name] = code
  local chunk = load("return " .. code, "=" .. name, "t", env)
  if chunk then return chunk end
  local why
  chunk, why = load(code, "=" .. name, "t", env)
  return chunk, why, why and why:sub(-5) == "<eof>" or nil
end

local function line_of(code, number)
  local at = 0
  for line in (code .. "\n"):gmatch "(.-)\n" do
    at = at + 1
    if at == number then return line end
  end
end

--- The message of an error, and the line of code that it names.
---@param message string
---@return string
function run.with_line(message)
  local name, number = message:match "^([^\n:]*):(%d+):"
  local line = sources[name] and line_of(sources[name], tonumber(number))
  return line and ("%s\n  %d | %s"):format(message, number, line) or message
end

-- Whether a function is synlua's: its place says nothing to a user.
local function is_ours(info) return info.source:sub(1, #package.home + 6) == "@" .. package.home .. "/lua/" end

-- The calls that led to an error, the innermost first. The chunk is the outermost.
local function frames(first, chunk)
  local lines, level = {}, first
  local info = debug.getinfo(level, "Slnft")
  while info and #lines < FRAMES do
    if info.currentline > 0 and not is_ours(info) then
      local name = info.func ~= chunk and info.name and ("in %s "):format(info.name) or ""
      lines[#lines + 1] = ("  %sat %s:%d"):format(name, info.short_src, info.currentline)
    end
    if info.func == chunk or info.istailcall then break end
    level = level + 1
    info = debug.getinfo(level, "Slnft")
  end
  return lines
end

-- What an error is made of. One frame says no more than the message.
local function handler(chunk)
  return function(message)
    local text = run.with_line(tostring(message))
    local lines = frames(3, chunk)
    return #lines > 1 and text .. "\n" .. table.concat(lines, "\n") or text
  end
end

--- Runs a function. Ctrl-C ends it where interruptible.
---@param chunk function
---@param interruptible? boolean
---@return table packed: true and results; false and the message; nil if Ctrl-C has ended it
function run.call(chunk, interruptible)
  if interruptible then return table.pack(edit.run(chunk, handler(chunk))) end
  return table.pack(xpcall(chunk, handler(chunk)))
end

return run
