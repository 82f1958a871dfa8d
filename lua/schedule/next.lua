-- When a cron expression comes next, in a time zone.
--
-- An expression that counts minutes or hours (its first or second field begins with *) goes by the time that passes: it
-- comes in both hours when clocks are set back, and not in the hour that clocks leave out. Any other expression names a
-- time of the day: in a repeated hour it comes the first time only, and one that the clocks leave out comes when they
-- are set forward.

local civil = require "schedule.civil"
local zone = require "schedule.zone"

local following = {}

local YEARS = 40 -- the 29th of February on a certain weekday may be as far away

local MINUTE = 60

local function is_day(cron, number, month, day)
  if not cron.month[month] then return false end
  local of_month, of_week = cron.day[day] == true, cron.weekday[civil.weekday(number)] == true
  if cron.either then return of_month or of_week end
  return of_month and of_week
end

-- The first matching time of a day from a minute of it on, as a minute of the day.
local function in_day(cron, from)
  for hour = from // 60, 23 do
    if cron.hour[hour] then
      for minute = hour == from // 60 and from % 60 or 0, 59 do
        if cron.minute[minute] then return hour * 60 + minute end
      end
    end
  end
end

-- The first local time from `from` on, and before `till`, that matches. Local times are seconds as if of UTC.
local function local_match(cron, from, till)
  local minute = -(-from // MINUTE)
  local number, within = minute // 1440, minute % 1440
  while number * civil.DAY < till do
    local year, month, day = civil.date(number)
    if not cron.month[month] then
      number, within = number + civil.days_of(year, month) - day + 1, 0
    else
      local found = is_day(cron, number, month, day) and in_day(cron, within)
      if found then
        local time = number * civil.DAY + found * MINUTE
        return time < till and time or nil
      end
      number, within = number + 1, 0
    end
  end
end

local function clamp(time, most) return math.min(time, most) end

-- The first time of a period, not before `from`. `before` is the period that ends where this one begins.
local function in_period(cron, period, before, from, limit)
  local first, last = from + period.offset, clamp(period.till, limit) + period.offset
  if cron.floats or not before then return local_match(cron, first, last) end
  local reached = period.from + before.offset -- the local time at which the clocks were changed
  local begins = period.from + period.offset
  if from == period.from and local_match(cron, reached, begins) then return begins end -- left out by the clocks
  return local_match(cron, math.max(first, reached), last)
end

--- The first time after `time` at which an expression comes.
---@param cron Cron
---@param where Zone
---@param time integer seconds of the epoch
---@return integer? nil if it never comes
function following.after(cron, where, time)
  local from, limit = (time // MINUTE + 1) * MINUTE, time + YEARS * 366 * civil.DAY
  local period = zone.period(where, from)
  -- A change of offset within the minute that has begun.
  if period.from > time and period.from < from then from = period.from end
  while from < limit do
    local before = period.from > math.mininteger and zone.period(where, period.from - 1) or nil
    local found = in_period(cron, period, before, from, limit)
    if found then return found - period.offset end
    from = period.till
    if from >= limit then return nil end
    period = zone.period(where, from)
  end
end

return following
