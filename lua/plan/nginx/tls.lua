-- The certificate with which nginx has TLS: that of the variables, else that of homeserver.yaml for its listeners.

local document = require "lib.document"
local layers = require "input.layers"
local relative_paths = require "input.relative_paths"

local tls = {}

--- The directory of copies, below the runtime directory.
tls.COPIES = "nginx/copies"

---@class TlsFile
---@field path string
---@field at string where nginx reads it: that path, or a copy
---@field place string the variable, or file:line with the option, that names it

---@class Tls
---@field certificate? TlsFile a chain in PEM; nil: nginx has no TLS
---@field key? TlsFile
---@field said? string what the start says of copies
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

-- Where nginx reads them. What Synapse's user alone can read is copied.
local function place(view, made)
  local copied = {}
  for _, part in ipairs {"certificate", "key"} do
    local file = made[part]
    local copy = file and tls.copy(view, file)
    if copy then copied[#copied + 1] = file.path end
    if file then file.at = copy and ("%s/%s/%s.pem"):format(view.paths.runtime, tls.COPIES, part) or file.path end
  end
  if #copied == 0 then return end
  made.said = ("nginx's user cannot read %s, but Synapse's can, so nginx gets %s in %s/%s"):format(
    table.concat(copied, " and "), #copied == 1 and "a copy" or "copies", view.paths.runtime, tls.COPIES)
end

--- The bytes of a file that nginx gets a copy of.
---@param view View
---@param file TlsFile
---@return string?
function tls.copy(view, file) return (view.input.tls_copies or {})[file.path] end

--- Works out what TLS nginx has.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Tls
function tls.make(view, problems, warnings)
  local made, sources = of_variables(view), view.settings.sources
  local own = made.certificate ~= nil
  if not own and has_listeners(view) then made = of_file(view, problems) end
  place(view, made)
  local asked = own or made.certificate and sources.SYNLUA_TLS_PORTS
  made.ports = asked and view.settings.SYNLUA_TLS_PORTS or {}
  if sources.SYNLUA_TLS_PORTS and not asked and #problems == 0 then
    warnings[#warnings + 1] = {where = sources.SYNLUA_TLS_PORTS, what = "has no effect: there is no certificate",
      hint = "set SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY, or unset it"}
  end
  return made
end

--- The files that the admin renews.
---@param said Tls
---@return string[]
function tls.files(said)
  return said.certificate and {said.certificate.path, said.key.path} or {}
end

return tls
