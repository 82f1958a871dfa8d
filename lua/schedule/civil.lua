-- Days of the Gregorian calendar as numbers: 1970-01-01 is 0. No time zone, and no limit of years.

local civil = {}

civil.DAY = 86400 -- s

--- The number of a day.
---@param year integer
---@param month integer
---@param day integer
---@return integer
function civil.day(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

--- Year, month and day of a number.
---@param number integer
---@return integer year
---@return integer month
---@return integer day
function civil.date(number)
  local shifted = number + 719468
  local era = shifted // 146097
  local of_era = shifted - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month = (5 * of_year + 2) // 153
  local day = of_year - (153 * month + 2) // 5 + 1
  year, month = year + era * 400, month < 10 and month + 3 or month - 9
  return month <= 2 and year + 1 or year, month, day
end

--- The weekday of a number; 0 is Sunday.
---@param number integer
---@return integer
function civil.weekday(number) return (number + 4) % 7 end

---@param year integer
---@param month integer
---@return integer
function civil.days_of(year, month)
  local next_year, next_month = year, month + 1
  if next_month > 12 then next_year, next_month = year + 1, 1 end
  return civil.day(next_year, next_month, 1) - civil.day(year, month, 1)
end

return civil
