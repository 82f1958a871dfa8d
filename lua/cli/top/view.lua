-- Draws a state of `synlua top`: pieces of text with their places. Pure.

local columns = require "cli.top.columns"
local middle = require "cli.top.middle"
local words = require "processes.words"

local view = {}

---@class Piece
---@field [1] integer row, from 0
---@field [2] integer column, from 0
---@field [3] string
---@field [4] string style of core.screen

local COLOURS = {healthy = "good", starting = "busy", unhealthy = "bad"}
local DAY = 86400

local function sum(values)
  local total = 0
  for _, value in pairs(values) do total = total + value end
  return total
end

local function memory_of(services)
  local total = 0
  for _, status in ipairs(services) do
    total = total + (status.usage and (status.usage.pss or status.usage.rss) or 0)
  end
  return total
end

local function certificate(beside)
  if not beside.certificate_ends then return end
  local days = (beside.certificate_ends - beside.at) // DAY
  return days < 0 and "TLS ended" or ("TLS %d days"):format(days)
end

local function facts(shown)
  local beside = shown.beside or {}
  local database, count = beside.database, #(beside.warnings or {})
  local memory = memory_of(shown.answer.services)
  local list = {("CPU %s"):format(columns.share(sum(shown.cpu))), ("memory %s"):format(words.size(memory))}
  if next(beside.rate or {}) then list[#list + 1] = ("%s requests"):format(columns.rate(sum(beside.rate))) end
  if database then
    list[#list + 1] = database.name .. (database.bytes and " " .. words.size(database.bytes) or "")
  end
  list[#list + 1] = certificate(beside)
  if count > 0 then list[#list + 1] = ("%d warning%s"):format(count, count == 1 and "" or "s") end
  return table.concat(list, "  ")
end

local function head(shown, width, put)
  local answer, beside = shown.answer, shown.beside
  local up = "up " .. words.age(answer.up_ms)
  put(0, 0, answer.server_name, "bold")
  if beside then
    local at = utf8.len(answer.server_name) + 2
    put(0, at, columns.cut(beside.health.text, width - at - #up - 2), COLOURS[beside.health.state])
  end
  put(0, width - #up, up, "muted")
  put(1, 0, facts(shown), "plain")
end

local FEET = {
  services = "q quit  sort: n c m s t   r restart  l log  tab more  ? help",
  log = "q back  up/down page up/down  end newest",
  help = "q back", jobs = "q quit  tab more  ? help", pools = "q quit  tab more  ? help",
  events = "q quit  tab more  ? help",
}

local function foot(shown, size, put)
  local question = shown.asks and ("restart %s? y: yes, any other key: no"):format(shown.asks)
  local text = question or shown.message
  if text then put(size.rows - 2, 0, columns.fill(text, size.columns), question and "busy" or "bold") end
  put(size.rows - 1, 0, columns.fill(FEET[shown.view], size.columns), "muted")
end

--- The pieces of a screen, in the order in which they are drawn.
---@param shown TopState
---@param size {rows: integer, columns: integer}
---@return Piece[]
function view.pieces(shown, size)
  local list = {}
  local function put(row, column, text, style)
    list[#list + 1] = {row, column, columns.cut(text, size.columns - column), style}
  end
  if not shown.answer then
    put(0, 0, shown.message or "asking the running instance ...", "plain")
    return list
  end
  head(shown, size.columns, put)
  middle[shown.view](shown, size, put)
  foot(shown, size, put)
  return list
end

return view
