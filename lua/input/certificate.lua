-- EDGE
-- The certificate and key of TLS where Synapse's user can read them and nginx's cannot, as on a volume on which Synapse
-- itself had TLS: nginx is handed copies.

local document = require "lib.document"
local environment = require "input.environment"
local file = require "core.file"
local relative_paths = require "input.relative_paths"

local certificate = {}

certificate.MAX = 1024 * 1024
local VARIABLES = {"SYNAPSE_TLS_CERT", "SYNAPSE_TLS_KEY"}
local OPTIONS = {"tls_certificate_path", "tls_private_key_path"}

--- The paths of the certificate and its key.
---@param made Input
---@param merged? table the admin's document
---@return string[]
function certificate.paths(made, merged)
  local list, plain = {}, merged and document.plain(merged) or {}
  for _, name in ipairs(VARIABLES) do list[#list + 1] = environment.value(made.environment, name) end
  for _, name in ipairs(#list == 0 and OPTIONS or {}) do
    local path = plain[name]
    if type(path) == "string" and path ~= "" then
      list[#list + 1] = relative_paths.absolute(path, made.cwd or made.places.data)
    end
  end
  return list
end

--- Reads them as Synapse's user, with no right of root's. So no link leads to a file that Synapse could not give away
--- itself.
---@param made Input
---@param merged? table the admin's document
---@return table<string, string> bytes by path
function certificate.read(made, merged)
  local found, user = {}, made.host.users["www-data"]
  if made.host.uid ~= 0 or not user then return found end
  for _, path in ipairs(certificate.paths(made, merged)) do
    local _, _, name = file.read_as(user, path, 1) -- a longer one is EFBIG
    if name == "EACCES" then found[path] = made.reader.as_user(path, certificate.MAX) end
  end
  return found
end

return certificate
