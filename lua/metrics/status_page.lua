-- The status page: HTML with drawings inside, which loads nothing and needs no script. Pure.

local job_rows = require "metrics.job_rows"
local rows = require "metrics.status_rows"
local style = require "metrics.status_style"
local svg = require "files.svg"
local words = require "processes.words"

local status_page = {}

status_page.CONTENT_TYPE = "text/html; charset=utf-8"

---@class Overview
---@field server_name string
---@field version string of synlua
---@field at integer seconds of the epoch
---@field up_ms integer
---@field health Health
---@field services ServiceStatus[]
---@field jobs? JobStatus[]
---@field now table<string, table<string, number>> of history.present
---@field history History
---@field certificate? Validity
---@field database {name: string, bytes?: integer}
---@field events Event[] oldest first
---@field warnings Problem[] of the start
---@field picture? string of the plan, as SVG

local element = svg.element

local COLOURS = {healthy = "good", starting = "busy", unhealthy = "bad"}
local DAY = 86400
local EVENTS = 12

local function section(title, content, class)
  return {element("h2", nil, title), element("div", {class = class or false}, content)}
end

local function head(overview, date)
  return element("header", nil, {
    element("h1", nil, overview.server_name),
    element("p", {class = "verdict " .. COLOURS[overview.health.state]}, overview.health.text),
    element("p", {class = "muted small"}, ("synlua %s, up %s. As of %s; load the page again for the present."):format(
      overview.version, words.age(overview.up_ms), date("!%Y-%m-%d %H:%M:%S UTC", overview.at))),
  })
end

local function sum(values)
  local total, known = 0, false
  for _, value in pairs(values) do total, known = total + value, true end
  return known and total or nil
end

local function certificate(one, at, date)
  local days = (one.until_ - at) // DAY
  local class = days < 0 and "bad" or days < 14 and "busy" or "good"
  local says = days < 0 and "has ended" or days == 1 and "ends in 1 day" or ("ends in %d days"):format(days)
  return {element("span", {class = class}, says), element("div", {class = "small muted"},
    date("!%Y-%m-%d %H:%M UTC", one.until_))}
end

local function facts(overview, date)
  local list, ready = {}, 0
  local function add(name, value)
    list[#list + 1] = value and element("div", nil, {element("dt", nil, name), element("dd", nil, value)}) or nil
  end
  for _, status in ipairs(overview.services) do
    if status.state == "ready" and not status.unhealthy then ready = ready + 1 end
  end
  local cpu, memory, rate = sum(overview.now.cpu), sum(overview.now.memory), sum(overview.now.rate)
  add("Services ready", ("%d of %d"):format(ready, #overview.services))
  add("Memory", memory and words.size(memory))
  add("CPU, of one processor", cpu and rows.share(cpu))
  add("Requests", rate and rows.rate(rate))
  local database = overview.database
  add("Database", {database.name, database.bytes and element("div", {class = "small muted"},
    words.size(database.bytes)) or ""})
  add("Certificate", overview.certificate and certificate(overview.certificate, overview.at, date))
  return element("dl", {class = "facts"}, list)
end

local function warnings(list)
  if #list == 0 then return {} end
  local items = {}
  for at, one in ipairs(list) do
    items[at] = element("li", nil, {element("strong", nil, one.where), (": %s"):format(one.what),
      one.hint and element("div", {class = "small muted"}, one.hint) or ""})
  end
  return section("Warnings of the start", element("ul", {class = "list warnings"}, items))
end

local function table_of(heads, body)
  local cells = {}
  for at, one in ipairs(heads) do
    cells[at] = element("th", {scope = "col", role = "columnheader", class = one[2] or false}, one[1])
  end
  return element("table", {role = "table"}, {
    element("thead", {role = "rowgroup"}, element("tr", {role = "row"}, cells)),
    element("tbody", {role = "rowgroup"}, body),
  })
end

local function services(overview)
  local list = {}
  for at, status in ipairs(overview.services) do list[at] = rows.service(overview, status) end
  return section("Services", table_of({{"Service"}, {"State"}, {"CPU", "number"}, {"Memory", "number"},
    {"Restarts", "number"}}, list))
end

local function jobs(overview, date)
  local list = {}
  for at, status in ipairs(overview.jobs or {}) do list[at] = job_rows.job(status, overview.at, date) end
  if #list == 0 then return {} end
  return section("Jobs", table_of({{"Job"}, {"Schedule"}, {"Next"}, {"Last run"}}, list))
end

local function pools(overview)
  local list, seen = {}, overview.history.last and overview.history.last.pools or {}
  for _, name in ipairs(rows.names(seen, overview.now.rate)) do list[#list + 1] = rows.pool(overview, name) end
  if #list == 0 then return {} end
  return section("Requests by pool", table_of({{"Pool"}, {"Requests", "number"}, {"95 % within", "number"}}, list))
end

local SHOWN = {exited = true, failed = true, reloaded = true}

local function in_words(event)
  local said = event.words or event.cause or ""
  if event.event == "failed" then return "has failed for good: " .. said end
  if event.event ~= "reloaded" then return said end
  return event.ok and "reloaded" or "not reloaded: " .. said
end

local function happened(event, date)
  return element("li", nil, {
    element("span", {class = "muted small"}, date("!%Y-%m-%d %H:%M:%S UTC ", event.at or 0)),
    element("strong", nil, event.service or "synlua"),
    ": " .. in_words(event),
    event.line and element("div", {class = "small muted note"}, svg.cut(event.line, 300)) or "",
  })
end

local function events(overview, date)
  local items = {}
  for at = #overview.events, 1, -1 do
    local event = overview.events[at]
    local fault = event.cause ~= "stopped" and event.cause ~= "finished"
    if SHOWN[event.event] and fault and #items < EVENTS then items[#items + 1] = happened(event, date) end
  end
  if #items == 0 then return section("Last restarts", element("p", {class = "muted"}, "None since the start.")) end
  return section("Last restarts", element("ul", {class = "list"}, items))
end

local function picture(overview)
  if not overview.picture then return {} end
  return section("What runs", element("div", {class = "scroll", tabindex = "0", role = "region",
    ["aria-label"] = "Picture of the plan"}, svg.raw(overview.picture)))
end

local LINES = "The lines show the last hour, minute by minute."

-- Whatever a value may hold, the page runs no script and loads nothing.
local POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

--- The page.
---@param overview Overview
---@param date fun(form: string, at: integer): string os.date
---@return string
function status_page.html(overview, date)
  return "<!DOCTYPE html>\n" .. element("html", {lang = "en"}, {
    element("head", nil, {
      svg.raw '<meta charset="utf-8">',
      element("meta", {["http-equiv"] = "Content-Security-Policy", content = POLICY}),
      svg.raw '<meta name="viewport" content="width=device-width,initial-scale=1">',
      svg.raw '<meta name="color-scheme" content="light dark">',
      element("title", nil, ("%s: %s"):format(overview.server_name, overview.health.state)),
      element("style", nil, svg.raw(style)),
    }),
    element("body", nil, element("main", nil, {
      head(overview, date), facts(overview, date), warnings(overview.warnings), services(overview),
      pools(overview), overview.history.count >= 2 and element("p", {class = "small muted"}, LINES) or "",
      jobs(overview, date), events(overview, date), picture(overview),
    })),
  }).markup .. "\n"
end

return status_page
