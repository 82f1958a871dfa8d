-- EDGE
-- The text of files for people. YAML is read and written again without its secrets. Any other file is shown as it is,
-- unless it is marked as secret. Then nothing of it is shown.

local document = require "lib.document"
local hide = require "files.hide"
local installed = require "input.installed"
local yaml = require "lib.yaml"

local readable = {}

local UNREADABLE = "(not shown: this is not YAML, so synlua cannot find the secrets in it)\n"

-- Our line at the head stays; other comments of ours are in files that are made once.
local function yaml_text(text, hidden)
  local decoded = yaml.decode(text, {duplicates = "warn"})
  if decoded == nil or document.kind(decoded) ~= "map" then return nil end
  return (text:match "^#[^\n]*\n" or "") .. assert(yaml.encode(hide.document(decoded, hidden)))
end

local function is_yaml(item) return item.path:match "%.yaml$" ~= nil or item.path:match "%.config$" ~= nil end

--- Whether a file must not be shown at all.
---@param item File
---@return boolean
function readable.is_secret(item)
  return item.secret == true and (item.once or item.own or not is_yaml(item)) or false
end

--- The text of a file without its secrets, or a line that replaces the text.
---@param done Stages
---@param item File
---@param text? string what is there now; otherwise what a start would write
---@return string
function readable.bytes(done, item, text)
  text = text or item.bytes
  if not is_yaml(item) or item.once or text == "" then return text end
  local secrets = installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON)
  return yaml_text(text, hide.paths(done.view, secrets)) or UNREADABLE
end

return readable
