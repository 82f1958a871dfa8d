-- A worker's copy of the admin's logging configuration. Only the names of files differ, as each process needs its own.

local document = require "lib.document"

local log_copy = {}

-- homeserver.log to homeserver.NAME.log.
local function renamed(filename, name)
  local stem, suffix = filename:match "^(.*[^/])(%.[^./]*)$"
  return (stem or filename) .. "." .. name .. (suffix or "")
end

local function handler_of(handler, name)
  local filename = document.kind(handler) == "map" and handler.filename
  if document.kind(filename) == "scalar" then
    return document.merge(handler, document.map {filename = renamed(filename.text, name)})
  elseif document.kind(filename) == "string" then
    return document.merge(handler, document.map {filename = renamed(filename, name)})
  end
  return handler
end

--- The copy of one worker.
---@param config table document
---@param name string of the worker
---@return table
function log_copy.of(config, name)
  local handlers = document.kind(config.handlers) == "map" and config.handlers or {}
  local made = {}
  for key, handler in pairs(handlers) do made[key] = handler_of(handler, name) end
  if next(made) == nil then return config end
  return document.merge(config, document.map {handlers = document.map(made)})
end

return log_copy
