-- The directories and files that synlua works with, as variables or their defaults name them. Every part of the program
-- that needs one of them before settings are read asks here, so that there is one reading of each variable.

local places = {}

places.DEFAULTS = {
  SYNAPSE_CONFIG_DIR = "/data", SYNAPSE_DATA_DIR = "/data", SYNLUA_RUNTIME_DIR = "/run/synlua",
  SYNLUA_SYNAPSE_PYTHON = "/opt/synapse/bin/python", SYNLUA_POSTGRES_DIR = "/usr/lib/postgresql",
}

---@class Places absolute paths without a slash at the end
---@field config string directory of homeserver.yaml
---@field data string
---@field homeserver string the homeserver.yaml
---@field runtime string
---@field user string directory of the user's overrides
---@field python string the interpreter that has Synapse
---@field postgres string directory of the versions of PostgreSQL's programs
---@field registrations? string SYNAPSE_AS_REGISTRATION_DIR
---@field log_config? string SYNAPSE_LOG_CONFIG

--- The path without repeated slashes and without a slash at its end.
---@param path string
---@return string
function places.clean(path)
  local clean = path:gsub("/+", "/")
  return #clean > 1 and clean:gsub("/$", "") or clean
end

--- The path of homeserver.yaml if no variable sets it.
---@param config string
---@return string
function places.homeserver(config) return config .. "/homeserver.yaml" end

--- The directory of the user's overrides if no variable sets it.
---@param data string
---@return string
function places.user(data) return data .. "/synlua" end

--- All directories and files. A value that is not an absolute path counts as unset here. The settings report it.
---@param said fun(name: string): string|nil what a variable is set to, be it by NAME or by NAME_FILE
---@return Places
function places.of(said)
  local function path(name)
    local value = said(name)
    return value and value:sub(1, 1) == "/" and places.clean(value) or places.DEFAULTS[name]
  end
  local config, data = path "SYNAPSE_CONFIG_DIR", path "SYNAPSE_DATA_DIR"
  return {
    config = config, data = data, homeserver = path "SYNAPSE_CONFIG_PATH" or places.homeserver(config),
    runtime = path "SYNLUA_RUNTIME_DIR", user = path "SYNLUA_USER_DIR" or places.user(data),
    python = path "SYNLUA_SYNAPSE_PYTHON", postgres = path "SYNLUA_POSTGRES_DIR",
    registrations = path "SYNAPSE_AS_REGISTRATION_DIR", log_config = path "SYNAPSE_LOG_CONFIG",
  }
end

return places
