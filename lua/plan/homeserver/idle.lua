-- Variables that are set and have no effect, because of what is not there or is said elsewhere.

local addresses = require "plan.listeners.addresses"
local document = require "lib.document"
local layers = require "input.layers"
local schema = require "settings.schema"

local idle = {}

-- Where the admin's own logging configuration is named, which overrules what variables say of Synapse's logging.
local function said_logging(view)
  local said = view.admin.document and document.plain(view.admin.document.log_config)
  return said ~= nil and layers.place(view.admin.layers, "log_config") or nil
end

local function own_logging(view)
  local place = said_logging(view)
  if place then return place end
  return view.input.log_config and view.settings.sources.SYNAPSE_LOG_CONFIG or nil
end

-- Each gives what is in the way, or nil, and what to do. contrary: something else says what the variable says, so that
-- its default has no effect either.
local GROUPS = {
  {names = {"SYNAPSE_LOG_LEVEL", "SYNAPSE_LOG_SENSITIVE", "SYNAPSE_LOG_TESTING"}, contrary = true, find = function(view)
    local place = own_logging(view)
    return place and ("no effect on what Synapse logs: %s names a logging configuration"):format(place),
      "say it in that configuration, take that out, or unset the variable"
  end},
  {names = {"SYNAPSE_LOG_CONFIG"}, contrary = true, find = function(view)
    local place = said_logging(view)
    return place and ("not used: %s says log_config"):format(place),
      "take log_config out there, or unset the variable"
  end},
  {names = {"SYNLUA_LOG_FILE_COUNT", "SYNLUA_LOG_FILE_DAYS", "SYNLUA_LOG_FILE_SIZE"}, find = function(view)
    local settings = view.settings
    local some = settings.SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK
      or settings.SYNLUA_ACCESS_LOG ~= "off" and settings.SYNLUA_ACCESS_LOG_TO == "files"
    return not some and "no effect without log files",
      "set SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK=yes for these, or unset the variable"
  end},
  {names = {"SYNLUA_ACCESS_LOG_TO"}, find = function(view)
    return view.settings.SYNLUA_ACCESS_LOG == "off" and "no effect without an access log",
      "set SYNLUA_ACCESS_LOG to brief, full or json, or unset the variable"
  end},
  {names = {"SYNAPSE_METRICS_UNIX_SOCKETS"}, find = function(view)
    return not view.metrics and "no effect without metrics", "set SYNAPSE_METRICS=yes, or unset the variable"
  end},
  {names = {"PROMETHEUS_INSTANCE_NAME"}, find = function(view)
    return not view.metrics_address and "no effect without metrics", "set SYNAPSE_METRICS=yes, or unset the variable"
  end},
  {names = {"SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS", "SYNAPSE_MANHOLE_WORKERS"}, find = function(view)
    return #view.instances == 1 and "no effect without workers", "set SYNAPSE_WORKER_TYPES, or unset the variable"
  end},
  {names = {"SYNLUA_INTERNAL_PORTS"}, find = function(view)
    return #addresses.ports(view.instances) == 0 and "no effect: everything inside is on Unix sockets",
      "unset it, or see SYNAPSE_PUBLIC_UNIX_SOCKETS"
  end},
}

--- Warns of variables that are set for nothing. One warning names all that have the same reason.
---@param view View
---@param _ Problem[]
---@param warnings Problem[]
function idle.check(view, _, warnings)
  for _, group in ipairs(GROUPS) do
    local what, hint = group.find(view)
    local set = {}
    for _, name in ipairs(what and group.names or {}) do
      local source = view.settings.sources[name]
      local differs = group.contrary or view.settings[name] ~= schema.owner[name].default
      if source and differs then set[#set + 1] = source end
    end
    if #set > 0 then warnings[#warnings + 1] = {where = table.concat(set, ", "), what = what, hint = hint} end
  end
end

return idle
