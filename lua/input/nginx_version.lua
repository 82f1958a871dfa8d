-- EDGE
-- Which version of nginx is installed. Only TLS asks for it. It stands in the program itself, so nothing is started; a
-- script in nginx's place does not tell.

local document = require "lib.document"
local environment = require "input.environment"
local file = require "core.file"

local nginx_version = {}

local LARGEST = 16 * 1024 * 1024
local MARK = "nginx version: nginx/"

local function has_tls(made, merged)
  if environment.value(made.environment, "SYNAPSE_TLS_CERT") then return true end
  local listeners = merged and document.plain(merged).listeners
  for _, listener in ipairs(type(listeners) == "table" and listeners or {}) do
    if type(listener) == "table" and listener.tls == true then return true end
  end
  return false
end

--- Reads it.
---@param made Input
---@param merged? table the admin's document
---@return string|nil version such as 1.22.1; nil: nobody needs it, or it cannot be told
function nginx_version.read(made, merged)
  if not has_tls(made, merged) then return end
  local program = environment.value(made.environment, "SYNLUA_NGINX") or made.host.programs.nginx
  local bytes = program and file.read(program, LARGEST) or ""
  local _, behind = bytes:find(MARK, 1, true)
  return behind and bytes:match("^%d+%.%d+%.%d+", behind + 1)
end

return nginx_version
