-- Matrix Authentication Service: its address, and the options that Synapse refuses together with it, which are reported
-- before Synapse starts.

local address = require "settings.address"
local variables = require "plan.homeserver.variables"
local schema = require "settings.schema"
local tables = require "lib.tables"
local upgrade = require "plan.database.upgrade"

local mas = {}

local FIRST = "1.136.0" -- the first Synapse with these options

local function is_on(value) return value ~= nil and value ~= false end
local function is_filled(value) return type(value) == "table" and next(value) ~= nil end
local function is_enabled(value) return type(value) == "table" and is_on(value.enabled) end

-- saml2 is on if it has a configuration that does not turn it off.
local function has_saml2(value)
  return type(value) == "table" and value.enabled ~= false and (value.sp_config or value.config_path) ~= nil
end

-- By option: whether Synapse refuses its value together with the authentication service.
local CONFLICTS = {
  password_config = is_enabled, enable_registration = is_on, user_consent = is_filled, oidc_providers = is_filled,
  oidc_config = is_enabled, saml2_config = has_saml2, cas_config = is_enabled, jwt_config = is_enabled,
  password_providers = is_filled, enable_registration_captcha = is_on, login_via_existing_session = is_enabled,
  refresh_token_lifetime = is_on, nonrefreshable_access_token_lifetime = is_on, session_lifetime = is_on,
  enable_3pid_changes = is_on,
}

local BY_VARIABLES = {enable_registration_captcha = "SYNAPSE_RECAPTCHA_PUBLIC_KEY"}

-- The file or variable that set an option.
local function source(view, option)
  local file = view.admin.document and view.admin.document[option] ~= nil and view.paths.homeserver
  for _, entry in ipairs(schema.entries) do
    if entry.option == option or BY_VARIABLES[option] == entry.name then
      return file or view.settings.sources[entry.name] or option
    end
  end
  return file or option
end

--- The section of the merged options, if the service is on.
---@param view View
---@return table|nil
function mas.options(view)
  local said = view.homeserver.options.matrix_authentication_service
  return type(said) == "table" and said.enabled == true and said or nil
end

--- The file of the secret, if Synapse reads that of the variable.
---@param view View
---@return {base: string, path: string}|nil
function mas.secret_file(view)
  local said, file = view.homeserver.options.matrix_authentication_service, variables.mas_secret(view.settings)
  local path = type(said) == "table" and said.secret_path
  return file and path == file.base .. "/" .. file.path and file or nil
end

---@class MasPlace
---@field server string host:port
---@field host string
---@field tls boolean
---@field url string before the path of each request: nginx's upstream, and the path of the address

--- The address for requests. nil if there is no such service; nil and the error if the address is wrong.
---@param view View
---@return MasPlace|nil
---@return string? what
---@return string? hint
function mas.place(view)
  local said = mas.options(view)
  if not said then return end
  local url, what, hint = address.service_url(tostring(said.endpoint or "http://localhost:8080"))
  if not url then return nil, what, hint end
  local scheme, authority, path = url:match "^(https?)://([^/]+)(.*)$"
  local host = authority:match "^(%[.*%])" or authority:match "^[^:]+"
  local has_port = authority:match ":%d+$" and authority ~= host
  return {
    server = has_port and authority or ("%s:%d"):format(authority, scheme == "https" and 443 or 80), host = host,
    tls = scheme == "https", url = ("%s://mas%s"):format(scheme, (path:gsub("/+$", ""))),
  }
end

local function add(list, where, what, hint) list[#list + 1] = {where = where, what = what, hint = hint} end

local function add_conflicts(view, problems)
  for option, refused in tables.sorted(CONFLICTS) do
    if refused(view.homeserver.options[option]) then
      add(problems, source(view, option), ("%s cannot be used with Matrix Authentication Service, which does that "
        .. "itself"):format(option), ("take %s away, or the authentication service"):format(option))
    end
  end
end

--- Adds problems with the address, and with options that it excludes.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
function mas.check(view, problems, warnings)
  local variable = view.settings.sources.SYNAPSE_MAS_ENDPOINT
  local said = view.admin.document and view.admin.document.matrix_authentication_service ~= nil
  if variable and said then
    add(warnings, variable, ("is not used: %s has matrix_authentication_service"):format(view.paths.homeserver))
  end
  if not mas.options(view) then return end
  local where = said and view.paths.homeserver or variable or "matrix_authentication_service"
  local place, what, hint = mas.place(view)
  if not place then add(problems, where, "matrix_authentication_service.endpoint " .. what, hint) end
  if view.input.synapse and upgrade.older(view.input.synapse.version, FIRST) then
    add(problems, where, ("asks for Matrix Authentication Service, which Synapse %s does not support"):format(
      view.input.synapse.version), "use Synapse " .. FIRST .. " or later")
  end
  add_conflicts(view, problems)
end

return mas
