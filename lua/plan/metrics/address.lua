-- Decides where synlua serves metrics: its own, those of all processes, and the list of them; and who may ask.

local kinds = require "settings.metrics_kinds"
local records = require "lib.records"
local settings_address = require "settings.address"

local address = {}

address.LOOPBACK, address.PORT = "127.0.0.1", 9101

---@class MetricsAddress
---@field address string literal
---@field port integer
---@field chosen boolean the admin has named it
---@field place string the variable that sets it, as the admin wrote it
---@field asks boolean who asks must say the token

local function is_loopback(literal)
  local four, six = settings_address.ipv4(literal), settings_address.ipv6(literal)
  return four ~= nil and four[1] == 127 or six ~= nil and table.concat(six, ":") == "0:0:0:0:0:0:0:1"
end

-- Every IPv6 address in one spelling, because whoever asks there needs another one.
local function in_one_spelling(literal)
  local six = settings_address.ipv6(literal)
  return six and table.concat(six, ":") == "0:0:0:0:0:0:0:0" and "::" or literal
end

-- A service may make files in the data directory. It could choose the token by making its file first.
local function check_owner(view, problems)
  local owner = view.input.metrics_token_owner
  if view.settings.SYNLUA_METRICS_TOKEN or not owner or owner == view.input.host.uid then return end
  problems[#problems + 1] = {where = view.paths.data .. "/" .. records.METRICS,
    what = ("belongs to the user %d, who may have chosen the token of the metrics address"):format(owner),
    hint = "remove it, and the next start makes a new one; or set SYNLUA_METRICS_TOKEN"}
end

--- Where metrics are served. false: nowhere.
---@param view View
---@param problems Problem[]
---@return MetricsAddress|false
function address.of(view, problems)
  local settings, sources = view.settings, view.settings.sources
  local literal, own = kinds.parts(settings.SYNLUA_METRICS_ADDRESS or address.LOOPBACK)
  local place = sources.SYNLUA_METRICS_ADDRESS or sources.SYNLUA_METRICS_PORT
  if not place and not settings.SYNAPSE_METRICS then return false end
  local asks = not is_loopback(literal) or settings.SYNLUA_METRICS_TOKEN ~= nil
  if asks then check_owner(view, problems) end
  return {address = in_one_spelling(literal), port = own or settings.SYNLUA_METRICS_PORT or address.PORT,
    chosen = place ~= nil, place = place or sources.SYNAPSE_METRICS,
    asks = asks}
end

--- Whether synlua keeps the token in a file of its own.
---@param view View
---@return boolean
function address.keeps_token(view)
  return view.metrics_address and view.metrics_address.asks and view.settings.SYNLUA_METRICS_TOKEN == nil
end

--- The token that a client must say; nil: none. It is not known before the first start.
---@param view View
---@return string|nil
function address.token(view)
  local at = view.metrics_address
  if not at or not at.asks then return nil end
  return view.settings.SYNLUA_METRICS_TOKEN or view.input.metrics_token
end

return address
