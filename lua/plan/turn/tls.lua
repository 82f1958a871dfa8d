-- The certificate with which coturn has TLS: the one that nginx has.

local tls = {}

--- The directory of coturn's files, below the runtime directory.
tls.DIRECTORY = "coturn"

---@class TurnFile
---@field path string
---@field at string where coturn reads it: that path, or a copy
---@field place string what names it

--- What coturn gets a copy of, because its user cannot read it.
---@param view View
---@param file TurnFile
---@return string?
function tls.copy(view, file) return ((view.input.turn or {}).copies or {})[file.path] end

local function file(view, part)
  local said = view.tls[part]
  local made = {path = said.path, place = said.place}
  made.at = tls.copy(view, made) and ("%s/%s/%s.pem"):format(view.paths.runtime, tls.DIRECTORY, part) or said.path
  return made
end

--- The certificate and its key. nil: coturn has no TLS.
---@param view View
---@param problems Problem[]
---@return {certificate: TurnFile, key: TurnFile}|nil
function tls.of(view, problems)
  local asked = view.settings.COTURN_TLS
  if asked == false then return nil end
  if view.tls.certificate then return {certificate = file(view, "certificate"), key = file(view, "key")} end
  if asked then
    problems[#problems + 1] = {where = view.settings.sources.COTURN_TLS, what = "needs a certificate",
      hint = "set SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY, or unset it"}
  end
end

return tls
