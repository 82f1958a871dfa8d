-- The paths that more than one step needs.

local paths = {}

---@class Paths
---@field runtime string
---@field config string
---@field data string
---@field homeserver string the admin's homeserver.yaml
---@field overlay string what Synapse reads beside it
---@field log_config string
---@field nginx string
---@field notify string the socket of readiness

--- All paths.
---@param view View
---@return Paths
function paths.of(view)
  local settings = view.settings
  local runtime = settings.SYNLUA_RUNTIME_DIR
  return {
    runtime = runtime, config = settings.SYNAPSE_CONFIG_DIR, data = settings.SYNAPSE_DATA_DIR,
    homeserver = settings.SYNAPSE_CONFIG_PATH,
    overlay = runtime .. "/synapse/main.yaml",
    log_config = settings.SYNAPSE_LOG_CONFIG or runtime .. "/synapse/main.log.config",
    nginx = runtime .. "/nginx/nginx.conf", notify = runtime .. "/notify.sock",
  }
end

--- The working directory of Synapse's processes. Relative paths in the admin's files start there.
---@param view View
---@return string
function paths.working_directory(view) return view.input.cwd or view.settings.SYNAPSE_DATA_DIR end

return paths
