-- What `synlua top` shows, and what keys and answers make of it. Pure: each step gives a new state.

local state = {}

---@class TopState
---@field view "services"|"jobs"|"pools"|"events"|"log"|"help"
---@field sort string one of ORDERS
---@field selected? string the name of a service
---@field answer? table of the verb status
---@field beside? table of the verb overview
---@field at? integer monotonic ms of the answer
---@field clock? integer seconds of the epoch of the answer
---@field date fun(form: string, at: integer): string os.date
---@field cpu table<string, number> share of a processor, by service
---@field log {name: string, lines: string[]}? the lines of a service, oldest first
---@field asks? string the service that a key is about to restart
---@field message? string
---@field back integer lines by which the log is scrolled back

local LINES = 1000 -- of a log that are kept

---@param date fun(form: string, at: integer): string os.date
---@return TopState
function state.new(date) return {view = "services", sort = "name", cpu = {}, back = 0, date = date} end

local NONE = {} -- for a field that is to go

local function change(old, changes)
  local made = {}
  for key, value in pairs(old) do made[key] = value end
  for key, value in pairs(changes) do
    if value == NONE then made[key] = nil else made[key] = value end
  end
  return made
end

local function trouble(status)
  if status.unhealthy or status.state == "failed" or status.state == "backoff" then return 2 end
  return status.state == "ready" and 0 or 1
end

local function memory(status) return status.usage and (status.usage.pss or status.usage.rss) or 0 end

-- What is largest comes first.
local ORDERS = {
  name = function() return 0 end,
  cpu = function(status, shown) return shown.cpu[status.name] or 0 end,
  memory = memory,
  restarts = function(status) return status.restarts end,
  state = trouble,
}

--- The services in the order that is wanted.
---@param shown TopState
---@return ServiceStatus[]
function state.services(shown)
  local list, value, place_of = {}, ORDERS[shown.sort], {}
  for at, status in ipairs(shown.answer and shown.answer.services or {}) do
    list[at], place_of[status.name] = status, at
  end
  table.sort(list, function(a, b)
    local x, y = value(a, shown), value(b, shown)
    if x ~= y then return x > y end
    return place_of[a.name] < place_of[b.name] -- the answer is in the order of names
  end)
  return list
end

local function place(shown, list)
  for at, status in ipairs(list) do
    if status.name == shown.selected then return at end
  end
end

--- The service that keys mean.
---@param shown TopState
---@return ServiceStatus?
function state.selected(shown)
  local list = state.services(shown)
  return list[place(shown, list) or 1]
end

--- After an answer of the verb status.
---@param shown TopState
---@param answer table
---@param now integer monotonic ms
---@param clock integer seconds of the epoch
---@return TopState
function state.answered(shown, answer, now, clock)
  local before, cpu = {}, {}
  for _, status in ipairs(shown.answer and shown.answer.services or {}) do before[status.name] = status end
  for _, status in ipairs(answer.services) do
    local past, used = before[status.name], status.usage
    if past and past.pid == status.pid and used and past.usage and now > shown.at then
      cpu[status.name] = math.max(0, used.cpu_s - past.usage.cpu_s) * 1000 / (now - shown.at)
    end
  end
  local made = change(shown, {answer = answer, at = now, clock = clock, cpu = cpu})
  local chosen = state.selected(made)
  made.selected = chosen and chosen.name
  return made
end

--- After an answer of the verb overview.
---@param shown TopState
---@param beside table
---@return TopState
function state.besides(shown, beside) return change(shown, {beside = beside}) end

--- With something to say, until the next key.
---@param shown TopState
---@param message string
---@return TopState
function state.says(shown, message) return change(shown, {message = message}) end

--- After a line of the log that is followed.
---@param shown TopState
---@param line string
---@return TopState
function state.logged(shown, line)
  if not shown.log then return shown end
  local lines = shown.log.lines -- the one table that grows in place: a log may be long
  lines[#lines + 1] = line
  if #lines > LINES then table.remove(lines, 1) end
  return change(shown, {back = shown.back > 0 and math.min(shown.back + 1, #lines - 1) or 0})
end

local function moved(shown, by)
  local list = state.services(shown)
  local at = math.max(1, math.min(#list, (place(shown, list) or 1) + by))
  return change(shown, {selected = list[at] and list[at].name or NONE})
end

local function scrolled(shown, by)
  local most = math.max(0, #shown.log.lines - 1)
  return change(shown, {back = math.max(0, math.min(most, shown.back + by))})
end

-- The keys that move, as lines down; of a page by its height.
local MOVES = {up = -1, down = 1, k = -1, j = 1, home = -math.huge, ["end"] = math.huge}

local function move(shown, key, page)
  local by = MOVES[key] or key == "page up" and -page or key == "page down" and page
  if not by then return end
  by = math.tointeger(math.max(-1e6, math.min(1e6, by)))
  if shown.view == "log" then return scrolled(shown, -by) end
  return moved(shown, by)
end

local SORTS = {c = "cpu", m = "memory", n = "name", s = "state", t = "restarts"}

local function next_view(shown)
  local views = {"services"}
  local function add(view, is_there) views[#views + 1] = is_there and view or nil end
  add("jobs", shown.answer and next(shown.answer.jobs or {}))
  add("pools", shown.beside and next(shown.beside.rate))
  add("events", true)
  for at, view in ipairs(views) do
    if view == shown.view then return views[at % #views + 1] end
  end
  return "services"
end

local function on_question(shown, key)
  local asked = change(shown, {asks = NONE, message = NONE})
  if key ~= "y" then return asked end
  return state.says(asked, ("restarting %s ..."):format(shown.asks)), {verb = "restart", name = shown.asks}
end

local keys = {}

function keys.q(shown)
  if shown.view ~= "log" and shown.view ~= "help" then return shown, {verb = "quit"} end
  return keys.escape(shown)
end

function keys.escape(shown)
  local action = shown.view == "log" and {verb = "close"} or nil
  return change(shown, {view = "services", log = NONE, back = 0}), action
end

function keys.interrupt(shown) return shown, {verb = "quit"} end

function keys.tab(shown) return change(shown, {view = next_view(shown)}) end

keys["?"] = function(shown) return change(shown, {view = shown.view == "help" and "services" or "help"}) end
keys.h = keys["?"]

function keys.r(shown)
  local chosen = state.selected(shown)
  if shown.view ~= "services" or not chosen then return shown end
  return change(shown, {asks = chosen.name})
end

function keys.l(shown)
  local chosen = state.selected(shown)
  if shown.view ~= "services" or not chosen then return shown end
  return change(shown, {view = "log", log = {name = chosen.name, lines = {}}, back = 0}),
    {verb = "log", name = chosen.name}
end
keys.enter = keys.l

--- After a key.
---@param shown TopState
---@param key string
---@param page integer how many lines a page has
---@return TopState
---@return {verb: "quit"|"restart"|"log"|"close", name?: string}? action
function state.key(shown, key, page)
  if shown.asks then return on_question(shown, key) end
  shown = change(shown, {message = NONE})
  if shown.view == "log" and key == "tab" then key = "escape" end
  if keys[key] then return keys[key](shown) end
  if SORTS[key] and shown.view == "services" then return change(shown, {sort = SORTS[key]}) end
  return move(shown, key, page) or shown
end

return state
