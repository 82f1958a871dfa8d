-- Reads cron expressions:
--   expression = macro / minute hour day month weekday      macro = "@daily", ...
--   field = item *("," item)    item = ("*" / value ["-" value]) ["/" step]    value = number / name

local distance = require "lib.distance"
local lpeg = require "lpeg"
local once = require "lib.once"
local tables = require "lib.tables"

local cron = {}

---@class Cron
---@field minute table<integer, true>
---@field hour table<integer, true>
---@field day table<integer, true>
---@field month table<integer, true>
---@field weekday table<integer, true> 0 is Sunday
---@field either boolean a day counts if one of day and weekday says so; otherwise both must
---@field floats boolean it counts minutes or hours that pass: a repeated hour counts twice, and a missing one does not

---@class CronField
---@field name string
---@field key string
---@field least integer
---@field most integer
---@field names? table<string, integer>

local MONTHS, WEEKDAYS = {}, {}
for at, name in ipairs {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"} do
  MONTHS[name] = at
end
for at, name in ipairs {"sun", "mon", "tue", "wed", "thu", "fri", "sat"} do WEEKDAYS[name] = at - 1 end

---@type CronField[]
cron.FIELDS = {
  {name = "minute", key = "minute", least = 0, most = 59},
  {name = "hour", key = "hour", least = 0, most = 23},
  {name = "day of the month", key = "day", least = 1, most = 31},
  {name = "month", key = "month", least = 1, most = 12, names = MONTHS},
  {name = "day of the week", key = "weekday", least = 0, most = 7, names = WEEKDAYS},
}

cron.MACROS = {
  ["@yearly"] = "0 0 1 1 *", ["@annually"] = "0 0 1 1 *", ["@monthly"] = "0 0 1 * *", ["@weekly"] = "0 0 * * 0",
  ["@daily"] = "0 0 * * *", ["@midnight"] = "0 0 * * *", ["@hourly"] = "0 * * * *",
}

local HINT = "five fields: minute, hour, day of the month, month, day of the week, as in 0 1 * * sun; or @daily, "
  .. "@weekly, @monthly, @hourly, @yearly"

local LENGTH_MAX = 1000

-- The words of an expression, and the items of one field. What does not fit is kept as `stray`.
local patterns = once(function()
  local P, R, S, C, Cg, Cc, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Cc, lpeg.Ct
  local blank = S" \t"
  local words = Ct(blank ^ 0 * (C((1 - blank) ^ 1) * blank ^ 0) ^ 0) * -1
  local value = C(R("09", "az", "AZ") ^ 1)
  local whole = P"*" * Cg(Cc(true), "all")
  local range = Cg(value, "first") * ("-" * Cg(value, "last")) ^ -1
  local ends = #(P"," + -1)
  local item = Ct((whole + range) * ("/" * Cg(value, "step")) ^ -1 * ends)
  local stray = Ct(Cg(C((1 - P",") ^ 0), "stray"))
  return {words = words, field = Ct((item + stray) * ("," * (item + stray)) ^ 0) * -1}
end)

-- The number of a value, or nil and what is wrong with it.
local function number_of(field, text)
  local number = text:find "^%d+$" and math.tointeger(tonumber(text:sub(1, 9))) or nil
  if number and number >= field.least and number <= field.most then return number end
  if number then
    return nil, ("has the %s %s, but it goes from %d to %d"):format(field.name, text, field.least, field.most)
  end
  local named = (field.names or {})[text:lower()]
  if named then return named end
  local meant = field.names and distance.nearest(text:lower(), tables.keys(field.names))
  return nil, ("has the %s %q%s"):format(field.name, text, meant and ("; did you mean %s?"):format(meant) or "")
end

local function step_of(field, text)
  if not text then return 1 end
  local step = text:find "^%d+$" and math.tointeger(tonumber(text:sub(1, 9))) or nil
  if step and step >= 1 then return step end
  return nil, ("has the step %q in the field %s, but a step is a number of at least 1"):format(text, field.name)
end

-- The bounds of an item. A range may go past the end: fri-mon, 22-2.
local function bounds_of(field, item)
  local most = field.key == "weekday" and 6 or field.most -- 7 is another word for 0
  if item.all then return field.least, most end
  local first, why = number_of(field, item.first)
  if not first then return nil, why end
  if not item.last then return first, item.step and math.max(first, most) or first end
  local last
  last, why = number_of(field, item.last)
  return last and first, last or why
end

local function add_item(field, item, set)
  if item.stray then
    return item.stray == "" and ("has an empty item in the field %s"):format(field.name)
      or ("has %q in the field %s"):format(item.stray, field.name)
  end
  local first, last = bounds_of(field, item)
  if not first then return last end
  local step, why = step_of(field, item.step)
  if not step then return why end
  local period = field.key == "weekday" and 7 or field.most - field.least + 1
  if last < first then last = last + period end
  for value = first, last, step do set[(value - field.least) % period + field.least] = true end
end

local function read_field(field, text, found)
  found[field.key] = {}
  for _, item in ipairs(patterns().field:match(text)) do
    local what = add_item(field, item, found[field.key])
    if what then return what end
  end
end

local function starts_with_star(word) return word:sub(1, 1) == "*" end

-- The five words of an expression, or nil and what is wrong.
local function words_of(text)
  if #text > LENGTH_MAX then return nil, ("has more than %d bytes"):format(LENGTH_MAX) end
  local words = patterns().words:match(text)
  local name = #words == 1 and words[1]:match "^@.*"
  if name then
    local macro = cron.MACROS[name:lower()]
    if macro then return patterns().words:match(macro) end
    local meant = distance.nearest(name:lower(), tables.keys(cron.MACROS))
    return nil, ("has the unknown name %q%s"):format(name, meant and ("; did you mean %s?"):format(meant) or "")
  end
  if #words == #cron.FIELDS then return words end
  return nil, ("has %d field%s, but a cron expression has 5"):format(#words, #words == 1 and "" or "s")
end

--- Reads an expression.
---@param text string
---@return Cron? nil where it is none
---@return string? what is wrong
---@return string? hint
function cron.read(text)
  local words, what = words_of(text)
  if not words then return nil, what, HINT end
  local found = {}
  for at, field in ipairs(cron.FIELDS) do
    what = read_field(field, words[at], found)
    if what then return nil, what, HINT end
  end
  found.either = not (starts_with_star(words[3]) or starts_with_star(words[5]))
  found.floats = starts_with_star(words[1]) or starts_with_star(words[2])
  return found
end

return cron
