-- Time zones as POSIX writes them in TZ, such as CET-1CEST,M3.5.0,M10.5.0/3. Files of zones end with one, for all years
-- after those that they list.

local civil = require "schedule.civil"
local lpeg = require "lpeg"
local once = require "lib.once"

local rule = {}

---@class Rule
---@field offset integer seconds east of UTC
---@field summer? integer the same in summer
---@field from? RuleDay when summer begins, by standard time
---@field till? RuleDay when it ends, by summer time

---@class RuleDay
---@field kind "month"|"julian"|"day"
---@field month? integer
---@field week? integer 5: the last one
---@field day integer
---@field time integer seconds after midnight

local HOUR = 3600

local grammar = once(function()
  local P, R, S, Cg, Cc, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.Cg, lpeg.Cc, lpeg.Ct
  local number = R"09" ^ 1 / function(digits) return math.tointeger(tonumber(digits:sub(1, 9))) end
  local sign = P"-" * Cc(-1) + P"+" ^ -1 * Cc(1)
  local function seconds(factor, hours, minutes, rest)
    return factor * (hours * HOUR + (minutes or 0) * 60 + (rest or 0))
  end
  local time = sign * number * (":" * number * (":" * number) ^ -1) ^ -1 / seconds
  local name = R("az", "AZ") ^ 3 + "<" * (R("az", "AZ", "09") + S"+-") ^ 1 * ">"
  local offset = time / function(west) return -west end
  local month = Cg(Cc "month", "kind") * "M" * Cg(number, "month") * "." * Cg(number, "week") * "." * Cg(number, "day")
  local julian = Cg(Cc "julian", "kind") * "J" * Cg(number, "day")
  local day = Cg(Cc "day", "kind") * Cg(number, "day")
  local at = "/" * Cg(time, "time") + Cg(Cc(2 * HOUR), "time")
  local when = Ct((month + julian + day) * at)
  local summer = name * Cg(offset, "summer") ^ -1 * Cg(Cc(true), "has_summer")
    * ("," * Cg(when, "from") * "," * Cg(when, "till")) ^ -1
  return Ct(name * Cg(offset, "offset") * summer ^ -1) * -1
end)

local function is_day(when)
  if when.kind == "month" then
    return when.month >= 1 and when.month <= 12 and when.week >= 1 and when.week <= 5 and when.day <= 6
  end
  return when.day >= (when.kind == "julian" and 1 or 0) and when.day <= 365
end

--- Reads a rule; nil if it is none.
---@param text string
---@return Rule?
function rule.read(text)
  local found = grammar():match(text)
  if not found then return nil end
  if not found.has_summer then return {offset = found.offset} end
  if not found.from or not is_day(found.from) or not is_day(found.till) then return nil end
  return {offset = found.offset, summer = found.summer or found.offset + HOUR, from = found.from, till = found.till}
end

local function day_of(when, year)
  local first = civil.day(year, 1, 1)
  if when.kind == "day" then return first + when.day end
  if when.kind == "julian" then -- the 29th of February is not counted
    local leap = civil.days_of(year, 2) == 29 and when.day >= 60
    return first + when.day - 1 + (leap and 1 or 0)
  end
  first = civil.day(year, when.month, 1)
  local number = first + (when.day - civil.weekday(first)) % 7 + 7 * (when.week - 1)
  local last = first + civil.days_of(year, when.month) - 1
  while number > last do number = number - 7 end
  return number
end

--- The two changes of a year: seconds of the epoch, and the offset from then on.
---@param it Rule
---@param year integer
---@return {at: integer, offset: integer}[] sorted
function rule.changes(it, year)
  if not it.summer then return {} end
  local from = {at = day_of(it.from, year) * civil.DAY + it.from.time - it.offset, offset = it.summer}
  local till = {at = day_of(it.till, year) * civil.DAY + it.till.time - it.summer, offset = it.offset}
  if from.at <= till.at then return {from, till} end
  return {till, from}
end

return rule
