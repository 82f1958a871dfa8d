-- The columns of `synlua top`, and its figures. Pure.

local figures = require "metrics.status_rows"
local tables = require "lib.tables"
local words = require "processes.words"

local columns = {}

columns.share, columns.rate, columns.time = figures.share, figures.rate, figures.time

--- The text in at most so many characters.
---@param text string
---@param most integer
---@return string
function columns.cut(text, most)
  if utf8.len(text) <= most then return text end
  if most < 1 then return "" end
  return text:sub(1, utf8.offset(text, most) - 1) .. "…"
end

--- The text with blanks up to a width.
---@param text string
---@param width integer
---@return string
function columns.fill(text, width) return text .. (" "):rep(width - utf8.len(text)) end

function columns.names(by_name) return tables.keys(by_name) end

local BARS = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}

--- A series as bars: each is the largest value of its part of the hour.
---@param values? (number|false)[]
---@param width integer
---@param least? number the height at least, so that little noise stays small
---@return string
function columns.spark(values, width, least)
  local most, parts = least or 0, {}
  for _, value in ipairs(values or {}) do most = math.max(most, value or 0) end
  if most == 0 then return "" end
  local each = 60 / width
  for at = 1, width do
    local largest
    local first, last = #values - 60 + (at - 1) * each // 1 + 1, #values - 60 + at * each // 1
    for n = math.max(1, first // 1), last // 1 do
      if values[n] then largest = math.max(largest or 0, values[n]) end
    end
    parts[at] = largest and BARS[math.max(1, math.ceil(largest / most * #BARS))] or " "
  end
  return table.concat(parts)
end

local SPARK, LEAST_CPU = 20, 0.05

local ALL = {
  {head = "SERVICE", text = function(status) return status.name end},
  {head = "STATE", text = function(status) return status.shown end},
  {head = "SINCE", right = true, text = function(status) return words.age(status.since_ms) end},
  {head = "CPU", right = true, least = 6, text = function(status, shown)
    local share = shown.cpu[status.name]
    return share and columns.share(share) or "-"
  end},
  {head = "MEMORY", right = true, text = function(status)
    local bytes = status.usage and (status.usage.pss or status.usage.rss)
    return bytes and words.size(bytes) or "-"
  end},
  {head = "RESTARTS", right = true, text = function(status) return tostring(status.restarts) end},
  {head = "LAST HOUR", from = 100, least = SPARK, text = function(status, shown)
    local series = shown.beside and shown.beside.series.cpu[status.name]
    return series and columns.spark(series, SPARK, LEAST_CPU) or ""
  end},
  {head = "WHY", from = 120, text = function(status) return status.note or "" end},
}

local COLOURS = {ready = "good", failed = "bad", backoff = "bad"}

--- The style of a service's state.
---@param status ServiceStatus
---@return string
function columns.colour(status)
  if status.unhealthy then return "bad" end
  return COLOURS[status.state] or status.state == "stopped" and "muted" or "busy"
end

--- The columns that fit, with their widths.
---@param services ServiceStatus[]
---@param shown TopState
---@param width integer
---@return table[]
function columns.of(services, shown, width)
  local form, used = {}, 0
  for _, column in ipairs(ALL) do
    if width >= (column.from or 0) then
      local widest = math.max(#column.head, column.least or 0)
      for _, status in ipairs(services) do widest = math.max(widest, utf8.len(column.text(status, shown))) end
      form[#form + 1] = {column = column, width = widest}
      used = used + widest + 2
    end
  end
  -- What is too wide is taken from the names, which come first.
  local over = math.min(used - 2 - width, form[1].width - 12)
  if not form[8] and over > 0 then form[1].width = form[1].width - over end
  return form
end

--- Where a column begins.
---@param form table[]
---@param which integer
---@return integer
function columns.start(form, which)
  local at = 0
  for n = 1, which - 1 do at = at + form[n].width + 2 end
  return at
end

--- The texts of a service, by column.
---@param form table[]
---@param status ServiceStatus
---@param shown TopState
---@return string[]
function columns.texts(form, status, shown)
  local texts = {}
  for at, one in ipairs(form) do texts[at] = columns.cut(one.column.text(status, shown), one.width) end
  return texts
end

--- The titles, as texts of a line.
---@param form table[]
---@return string
function columns.heads(form)
  local texts = {}
  for at, one in ipairs(form) do texts[at] = one.column.head end
  return columns.line(form, texts)
end

--- A line.
---@param form table[]
---@param texts string[]
---@return string
function columns.line(form, texts)
  local parts = {}
  for at, one in ipairs(form) do
    local space = (" "):rep(one.width - utf8.len(texts[at]))
    parts[at] = one.column.right and space .. texts[at] or texts[at] .. space
  end
  return (table.concat(parts, "  "):gsub("%s+$", ""))
end

return columns
