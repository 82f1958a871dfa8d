local civil = require "schedule.civil"
local cron = require "schedule.cron"
local following = require "schedule.next"
local rule = require "schedule.rule"
local zone = require "schedule.zone"

local BERLIN = zone.of_rule "CET-1CEST,M3.5.0,M10.5.0/3"

local function seconds(text)
  local year, month, day, hour, minute = text:match "^(%d+)-(%d+)-(%d+) (%d+):(%d+)$"
  return civil.day(math.tointeger(year), math.tointeger(month), math.tointeger(day)) * civil.DAY + hour * 3600
    + minute * 60 | 0
end

local function shown(time)
  local year, month, day = civil.date(time // civil.DAY)
  return ("%04d-%02d-%02d %02d:%02d"):format(year, month, day, time // 3600 % 24, time // 60 % 60)
end

-- The next times of an expression after a time of UTC, all in UTC.
local function times(text, after, count, where)
  local read, list, at = assert(cron.read(text)), {}, seconds(after)
  for number = 1, count do
    at = following.after(read, where or zone.UTC, at)
    if not at then return list end
    list[number] = shown(at)
  end
  return list
end

local function fault(text)
  local read, what, hint = cron.read(text)
  assert.is_nil(read, text)
  assert.is_string(hint)
  return what
end

describe("a cron expression", function()
  it("names minute, hour, day, month and weekday", function()
    assert.same({"2026-11-29 01:00", "2026-12-06 01:00"}, times("0 1 * * 0", "2026-11-29 00:30", 2))
    assert.same({"2027-03-01 04:05"}, times("5 4 1 3 *", "2026-11-29 00:30", 1))
  end)

  it("may have names, lists, ranges and steps, and blanks of any number", function()
    assert.same({"2026-11-30 08:00", "2026-11-30 08:20", "2026-11-30 08:40", "2026-11-30 12:00"},
      times("  */20  8,12\t* Jan-DEC/5,nov  Mon-fri ", "2026-11-29 00:30", 4))
  end)

  it("takes 7 for Sunday, and ranges over the end of the week and of the day", function()
    assert.same(times("0 1 * * 0", "2026-11-29 00:30", 3), times("0 1 * * 7", "2026-11-29 00:30", 3))
    assert.same(times("0 1 * * 5,6,0,1", "2026-11-29 00:30", 9), times("0 1 * * fri-mon", "2026-11-29 00:30", 9))
    assert.same(times("0 22,23,0,1 * * *", "2026-11-29 00:30", 9), times("0 22-1 * * *", "2026-11-29 00:30", 9))
  end)

  it("goes on from a number with a step to the end", function()
    assert.same(times("7,27,47 * * * *", "2026-11-29 00:30", 7), times("7/20 * * * *", "2026-11-29 00:30", 7))
  end)

  it("comes on days of which one field speaks, unless one of both fields begins with a star", function()
    assert.same({"2026-12-06 00:00", "2026-12-13 00:00", "2026-12-20 00:00"},
      times("0 0 13 * sun", "2026-11-30 00:00", 3))
    assert.same({"2026-12-13 00:00", "2027-06-13 00:00"}, times("0 0 13 * */7", "2026-11-30 00:00", 2))
  end)

  it("may be one of the names that begin with @", function()
    assert.same({"2026-11-30 00:00"}, times("@daily", "2026-11-29 00:30", 1))
    assert.same({"2026-11-29 01:00"}, times("@Hourly", "2026-11-29 00:30", 1))
    assert.same({"2027-01-01 00:00"}, times("@yearly", "2026-11-29 00:30", 1))
  end)

  it("finds the 29th of February however far away it is, and knows days that never come", function()
    assert.same({"2028-02-29 00:00"}, times("0 0 29 2 *", "2026-11-29 00:30", 1))
    assert.same({"2104-02-29 00:00"}, times("0 0 29 2 *", "2096-03-01 00:00", 1))
    assert.same({}, times("0 0 30 2 *", "2026-11-29 00:30", 1))
  end)

  it("says which field is wrong, and what was meant", function()
    assert.equal("has the hour 25, but it goes from 0 to 23", fault "0 25 * * *")
    assert.equal('has the day of the week "sunn"; did you mean sun?', fault "0 1 * * sunn")
    assert.equal("has 4 fields, but a cron expression has 5", fault "0 1 * *")
    assert.equal("has 0 fields, but a cron expression has 5", fault "")
    assert.equal('has the unknown name "@dayly"; did you mean @daily?', fault "@dayly")
    assert.equal('has "1-2-3" in the field hour', fault "0 1-2-3 * * *")
    assert.equal("has an empty item in the field month", fault "0 1 * 1,,2 *")
    assert.equal('has the step "0" in the field minute, but a step is a number of at least 1', fault "*/0 * * * *")
    assert.equal("has the day of the month 0, but it goes from 1 to 31", fault "0 1 0 * *")
    assert.equal("has the minute 99999999999999999999, but it goes from 0 to 59", fault "99999999999999999999 1 * * *")
    assert.equal("has more than 1000 bytes", fault(("*"):rep(1001)))
  end)
end)

describe("where clocks are changed, a job", function()
  -- Berlin: 2026-03-29 01:00 UTC from 02:00 to 03:00; 2026-10-25 01:00 UTC from 03:00 back to 02:00.
  it("runs by local time", function()
    assert.same({"2026-03-28 00:00", "2026-03-29 00:00", "2026-03-29 23:00"},
      times("0 1 * * *", "2026-03-27 12:00", 3, BERLIN))
  end)

  it("of a time that is left out runs when the clocks are set forward", function()
    assert.same({"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"},
      times("30 2 * * *", "2026-03-27 12:00", 3, BERLIN))
  end)

  it("of a time that comes twice runs once", function()
    assert.same({"2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"},
      times("30 2 * * *", "2026-10-23 12:00", 3, BERLIN))
    assert.same({"2026-10-26 01:30"}, times("30 2 * * *", "2026-10-25 00:45", 1, BERLIN))
  end)

  it("of every half hour runs each half hour that passes", function()
    assert.same({"2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:00"},
      times("*/30 * * * *", "2026-10-24 23:45", 5, BERLIN))
    assert.same({"2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30"},
      times("*/30 * * * *", "2026-03-29 00:15", 3, BERLIN))
  end)
end)

describe("a time zone", function()
  local function offset(where, text) return zone.period(where, seconds(text)).offset end

  it("is read from its file, with the rule for later years at its end", function()
    local file <close> = assert(io.open("/usr/share/zoneinfo/Europe/Berlin", "rb"))
    local read = zone.read(file:read "a")
    for _, year in ipairs {1999, 2026, 2037, 2038, 2100} do
      assert.equal(3600, offset(read, year .. "-01-15 12:00"), year)
      assert.equal(7200, offset(read, year .. "-07-15 12:00"), year)
    end
    assert.equal(2 * 3600, offset(read, "1944-12-25 12:00") + 3600)
  end)

  it("may be a rule of POSIX, with any kind of day", function()
    local south = zone.of_rule "AEST-10AEDT,M10.1.0,M4.1.0/3"
    assert.equal(11 * 3600, offset(south, "2026-01-01 00:00"))
    assert.equal(10 * 3600, offset(south, "2026-06-01 00:00"))
    local julian = zone.of_rule "<-03>3<-02>,J60/0,364/25:30:15"
    assert.equal(-3 * 3600, offset(julian, "2028-03-01 02:59"))
    assert.equal(-2 * 3600, offset(julian, "2028-03-01 03:00"))
    assert.equal(5 * 3600 + 1800, offset(zone.of_rule "IST-5:30", "2026-06-01 00:00"))
  end)

  it("is refused where it is none", function()
    for _, text in ipairs {"", "Nowhere", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-1 "} do
      assert.is_nil(zone.of_rule(text), text)
    end
    for _, bytes in ipairs {"", "TZif", "TZif1" .. ("\0"):rep(39), "TZif2" .. ("\255"):rep(60), "no zone"} do
      assert.is_nil(zone.read(bytes))
    end
  end)

  it("stays readable while any byte of its file is cut off", function()
    local file <close> = assert(io.open("/usr/share/zoneinfo/Europe/Berlin", "rb"))
    local bytes = file:read "a"
    for length = 0, #bytes - 1 do assert.is_nil(zone.read(bytes:sub(1, length))) end
  end)

  it("knows each day of the calendar", function()
    local before = civil.day(1899, 12, 31)
    for number = before + 1, civil.day(2101, 1, 1) do
      local year, month, day = civil.date(number)
      assert(civil.day(year, month, day) == number)
    end
    assert.equal(4, civil.weekday(0)) -- 1970-01-01
    assert.equal(28, civil.days_of(2100, 2))
    assert.equal(31, civil.days_of(2026, 12))
  end)

  it("has rules whose summer lies around the end of the year", function()
    assert.same({seconds "2026-04-04 16:00", seconds "2026-10-03 16:00"}, {
      rule.changes(rule.read "AEST-10AEDT,M10.1.0,M4.1.0/3", 2026)[1].at,
      rule.changes(rule.read "AEST-10AEDT,M10.1.0,M4.1.0/3", 2026)[2].at})
  end)
end)
