-- What an earlier instance has recorded of jobs. The file lies on a volume, so nothing in it is taken as it is.

local runs = require "schedule.runs"

local record = {}

local RESULTS = {}
for _, name in ipairs(runs.RESULTS) do RESULTS[name] = true end

local function text(value) return type(value) == "string" and value or nil end

local LATEST = 1 << 40 -- s of the epoch: a time beyond cannot be written as a date

local function time(value)
  local at = math.tointeger(value)
  return at and at >= 0 and at < LATEST and at or nil
end

local function table_of(value) return type(value) == "table" and value or {} end

local function result_of(value)
  local one = table_of(value)
  if not time(one.at) or type(one.seconds) ~= "number" or one.seconds ~= one.seconds then return end
  if not RESULTS[one.result] or not text(one.words) then return end
  return {at = one.at, seconds = math.max(0, math.min(one.seconds, 2 ^ 40)), result = one.result, words = one.words,
    by = text(one.by) or "request", line = text(one.line)}
end

local function running_of(value)
  local one = table_of(value)
  return time(one.at) and {at = one.at, by = text(one.by) or "request"} or nil
end

--- What it says of one job, as runs.new takes it.
---@param all any the file, decoded
---@param name string
---@return table
function record.of(all, name)
  local found, results = table_of(table_of(table_of(all).jobs)[name]), {}
  for _, value in ipairs(table_of(found.results)) do results[#results + 1] = result_of(value) end
  while #results > runs.KEPT do table.remove(results, 1) end
  return {considered = time(found.considered), running = running_of(found.running), results = results,
    last_success = time(found.last_success)}
end

return record
