-- The certificate with which nginx has TLS: that of the variables, else that of homeserver.yaml for its listeners.

local document = require "lib.document"
local layers = require "input.layers"
local relative_paths = require "input.relative_paths"

local tls = {}

---@class TlsFile
---@field path string
---@field place string the variable, or file:line with the option, that names it

---@class Tls
---@field certificate? TlsFile a chain in PEM; nil: nginx has no TLS
---@field key? TlsFile
---@field ports integer[] those of the variables; listeners of homeserver.yaml have theirs

-- The options that Synapse reads for its own listeners with TLS.
local OPTIONS = {certificate = "tls_certificate_path", key = "tls_private_key_path"}
local VARIABLES = {certificate = "SYNAPSE_TLS_CERT", key = "SYNAPSE_TLS_KEY"}

local function of_variables(view)
  local settings, made = view.settings, {}
  if not settings.SYNAPSE_TLS_CERT or not settings.SYNAPSE_TLS_KEY then return {} end
  for part, name in pairs(VARIABLES) do
    made[part] = {path = settings[name], place = settings.sources[name] or name}
  end
  return made
end

local function of_file(view, problems)
  local made, plain = {}, document.plain(view.admin.document)
  for _, part in ipairs {"certificate", "key"} do
    local option = OPTIONS[part]
    local path, place = plain[option], layers.place(view.admin.layers, option)
    if type(path) == "string" and path ~= "" then
      made[part] = {path = relative_paths.absolute(path, view.cwd), place = ("%s of %s"):format(option, place)}
    else
      problems[#problems + 1] = {where = layers.place(view.admin.layers, "listeners"),
        what = ("listeners: there is one with TLS, but %s is no path"):format(option),
        hint = "set it, or set SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY, or take that listener out"}
    end
  end
  return made
end

local function has_listeners(view)
  for _, public in ipairs(view.public) do
    if #(public.tls_ports or {}) > 0 then return true end
  end
  return false
end

--- Works out what TLS nginx has.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Tls
function tls.make(view, problems, warnings)
  local made, sources = of_variables(view), view.settings.sources
  local own = made.certificate ~= nil
  if not own and has_listeners(view) then made = of_file(view, problems) end
  local asked = own or made.certificate and sources.SYNLUA_TLS_PORTS
  made.ports = asked and view.settings.SYNLUA_TLS_PORTS or {}
  if sources.SYNLUA_TLS_PORTS and not asked and #problems == 0 then
    warnings[#warnings + 1] = {where = sources.SYNLUA_TLS_PORTS, what = "has no effect: there is no certificate",
      hint = "set SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY, or unset it"}
  end
  return made
end

--- The files that nginx reads.
---@param said Tls
---@return string[]
function tls.files(said)
  return said.certificate and {said.certificate.path, said.key.path} or {}
end

return tls
