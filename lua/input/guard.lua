-- EDGE
-- Calls functions of the user's files, and nothing else does. Each runs in a coroutine of its own with limits on time
-- and memory. An error, a loop, a yield or too much memory becomes a problem that names file, line and field.

local copies = require "contract.copies"
local limits = require "core.limits"
local lines = require "contract.lines"
local log = require "core.log"
local printed = require "input.printed"

local guard = {}

guard.MS, guard.MEGABYTES = 2000, 256

local FAULTS_MAX = 50 -- of one file
local MESSAGE_MAX = 1000 -- bytes

local faults = {} ---@type Problem[]
local inside = false

--- Where a field stands in a file.
---@param override Override
---@param field string
---@return string
function guard.where(override, field) return ("%s:%d"):format(override.path, lines.of(override.text, field)) end

--- Adds a problem of a file, once.
---@param override Override
---@param field string
---@param what string
---@param hint? string
---@param where? string nil: where the field stands
function guard.fault(override, field, what, hint, where)
  local problem = {where = where or guard.where(override, field), what = (field == "" and "" or field .. ": ") .. what,
    hint = hint or "mend or remove the file"}
  local count = 0
  for _, other in ipairs(faults) do
    if other.where == problem.where and other.what == problem.what then return end
    count = count + (other.path == override.path and 1 or 0)
  end
  if count > FAULTS_MAX then return end
  if count == FAULTS_MAX then problem.what, problem.hint = "has more faults than these", "mend these first" end
  problem.path = override.path
  faults[#faults + 1] = problem
end

--- The problems of all calls since the last time.
---@return Problem[]
function guard.take()
  local taken = faults
  faults = {}
  return taken
end

--- guard.call without its faults, where a fault only means that nothing is known.
---@return boolean
---@return any ...
function guard.try(...)
  local kept = faults
  faults = {}
  local results = table.pack(guard.call(...))
  faults = kept
  return table.unpack(results, 1, results.n)
end

-- The line of the file that ran last in this coroutine.
local function line_in(override, co)
  for level = 0, 100 do
    local info = debug.getinfo(co, level, "Sl")
    if not info then return end
    if info.source == "=" .. override.relative and info.currentline > 0 then return info.currentline end
  end
end

local function first_line(message)
  return type(message) == "string" and message:sub(1, MESSAGE_MAX):match "^[^\n]*"
    or ("an error that is a %s"):format(type(message))
end

-- What went wrong, in words for the person who wrote the file.
local function words(override, message)
  local own = override.relative:gsub("%p", "%%%0")
  local text = first_line(message):gsub("^" .. own .. ":%d+: ", "")
  local ms = text:match "ran for more than (%d+) ms"
  if ms then
    return ("runs for more than %g s: it was ended"):format(tonumber(ms) / 1000), "end its loop, or do less"
  elseif text:find "not enough memory" then
    return ("needs more than %d MB of memory: it was ended"):format(guard.MEGABYTES), "make less text or fewer tables"
  elseif text:find "^settings has no field" then
    return text, "`synlua env` lists the variables; those of a service of yours stand in its field settings"
  end
  return text
end

local function failed(override, field, co, message)
  local what, hint = words(override, message)
  local line = line_in(override, co)
  guard.fault(override, field, what, hint, line and ("%s:%d"):format(override.path, line))
end

-- What is written where a function of C does not return, by which no error can end the call.
local function last_words(override, field)
  local where, what = guard.where(override, field), field == "" and "" or field .. ": "
  return log.plain(("1 problem:\n  %s: %sdoes not return from a function of Lua's libraries: it was ended\n"
    .. "      look for string.find, string.gsub, string.rep or table.concat there\n"
    .. "synlua | error: exit 78: the user directory has 1 problem\n"):format(where, what))
end

local function outcome(override, field, co, results)
  if not results[1] then
    failed(override, field, co, results[2])
    collectgarbage()
    return false
  elseif coroutine.status(co) ~= "dead" then
    guard.fault(override, field, "yields, and nothing would go on with it", "take coroutine.yield out, or call it in a "
      .. "coroutine of its own")
    return false
  end
  return true, table.unpack(results, 2, results.n)
end

-- The function with results that are copied under its limits, so that no metatable of theirs runs later.
local function plainly(fn)
  return function(...)
    local results = table.pack(fn(...))
    for at = 1, results.n do
      local plain, why = copies.plain(results[at])
      if why then error("returns a table that " .. why, 0) end
      results[at] = plain
    end
    return table.unpack(results, 1, results.n)
  end
end

--- Calls a function of a user's file, and gives copies of its results without metatables. After a fault, which
--- guard.take gives, the first result is false. Within such a call, as where a service asks a worker type, the limits
--- and the faults are those of the outer one.
---@param override Override
---@param field string of which it is the value; "": the file itself
---@param fn function
---@param ... any
---@return boolean
---@return any ...
function guard.call(override, field, fn, ...)
  if inside then return true, fn(...) end
  local co, text = coroutine.create(plainly(fn)), last_words(override, field)
  local begun, why = limits.begin(co, guard.MS, guard.MEGABYTES, text)
  if not begun then
    guard.fault(override, field, why)
    return false
  end
  printed.begin()
  inside = true
  local results = table.pack(coroutine.resume(co, ...))
  limits.done()
  inside = false
  return outcome(override, field, co, results)
end

return guard
