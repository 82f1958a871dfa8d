-- The rows of the status page's tables. Pure.

local history = require "metrics.history"
local sparkline = require "metrics.sparkline"
local svg = require "files.svg"
local tables = require "lib.tables"
local words = require "processes.words"

local rows = {}

local element = svg.element

--- A share of one processor: "0.3 %", "140 %".
---@param value number
---@return string
function rows.share(value)
  local percent = value * 100
  return (percent < 9.95 and "%.1f %%" or "%.0f %%"):format(percent)
end

--- Requests: "0.02/s", "3.5/s", "1200/s".
---@param value number
---@return string
function rows.rate(value)
  return (value < 0.1 and value > 0 and "%.2f/s" or value < 9.95 and "%.1f/s" or "%.0f/s"):format(value)
end

--- A short time: "8 ms", "240 ms", "1.2 s".
---@param seconds number
---@return string
function rows.time(seconds)
  if seconds < 0.9995 then return ("%.0f ms"):format(seconds * 1000) end
  return (seconds < 9.95 and "%.1f s" or "%.0f s"):format(seconds)
end

--- The names in any of some tables, sorted.
---@return string[]
function rows.names(...)
  local all = {}
  for _, one in ipairs {...} do
    for name in pairs(one) do all[name] = true end
  end
  return tables.keys(all)
end

local function cell(class, name, content)
  return element("td", {class = class, role = "cell", ["data-name"] = name or false}, content)
end

local function head(name) return element("th", {scope = "row", role = "rowheader"}, name) end

local SERIES = {
  cpu = {least = 0.05, says = "CPU of the last hour, at most %s", shown = rows.share},
  memory = {least = 1, says = "Memory of the last hour, at most %s", shown = words.size},
  rate = {least = 0.1, says = "Requests of the last hour, at most %s", shown = rows.rate},
  p95 = {least = 0.05, says = "95 % of requests in the last hour, within %s at most", shown = rows.time},
}

local function measured(overview, kind, name, label)
  local form, value = SERIES[kind], overview.now[kind][name]
  local line = sparkline.draw(history.values(overview.history, kind, name), {slots = history.LONGEST,
    least = form.least, says = form.says:gsub("%% ", "%%%% ")}, form.shown)
  local text = element("span", {class = "value"}, value and form.shown(value) or "–")
  return cell("number", label, {line or "", text})
end

local function colour(status)
  if status.unhealthy or status.state == "failed" or status.state == "backoff" then return "bad" end
  if status.state == "ready" then return status.unproven and "busy" or "good" end
  return status.state == "stopped" and "muted" or "busy"
end

local function why(status)
  local lines = {}
  if status.note then lines[1] = element("div", {class = "small muted note"}, svg.cut(status.note, 300)) end
  local last = status.state ~= "ready" and words.last_exit(status) or ""
  if last ~= "" then lines[#lines + 1] = element("div", {class = "small muted note"}, "last exit: " .. last) end
  return lines
end

--- The row of a service: its state and why, what it uses, and how often it was started again.
---@param overview Overview
---@param status ServiceStatus
---@return Markup
function rows.service(overview, status)
  return element("tr", {role = "row"}, {
    head(status.name),
    cell("wide", nil, {element("span", {class = "state " .. colour(status)}, status.shown),
      element("span", {class = "muted small"}, " for " .. words.age(status.since_ms)), why(status)}),
    measured(overview, "cpu", status.name, "CPU"), measured(overview, "memory", status.name, "Memory"),
    cell(status.restarts == 0 and "number none" or "number", "Restarts", status.restarts),
  })
end

--- The row of a pool: requests, and how long nearly all of them took.
---@param overview Overview
---@param name string
---@return Markup
function rows.pool(overview, name)
  return element("tr", {role = "row"}, {
    head(name), measured(overview, "rate", name, "Requests"), measured(overview, "p95", name, "95 % within"),
  })
end

return rows
