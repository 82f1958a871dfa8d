-- EDGE
-- Reads the admin's own logging configuration. Workers get copies of it.

local document = require "lib.document"
local yaml = require "lib.yaml"

local log_config = {}

local MAX = 1024 * 1024

--- The document. nil if the admin names none, or if it is no YAML, which Synapse itself reports.
---@param given table the admin's document
---@param places Places
---@param cwd string from where a relative path goes
---@param reader Reader
---@return {path: string, text: string, document: table}|nil
function log_config.read(given, places, cwd, reader)
  local path = document.plain(given).log_config or places.log_config
  if type(path) ~= "string" or path == "" then return nil end
  if path:sub(1, 1) ~= "/" then path = cwd:gsub("/$", "") .. "/" .. path end
  local text = reader.read(path, MAX)
  local decoded = text and yaml.decode(text, {name = path, duplicates = "warn"})
  return decoded and document.kind(decoded) == "map" and {path = path, text = text, document = decoded} or nil
end

return log_config
