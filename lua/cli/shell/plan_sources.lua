-- What the parts of the plan are worked out from: variables, options of Synapse, other parts, and words for the rest.

local plan_sources = {}

-- By the name of the part; "plan.X" is another part.
local SOURCES = {
  server_name = {"server_name"},
  url = {"listeners", "SYNAPSE_HTTP_PORT", "NGINX_LISTEN_ADDRESS"},
  paths = {"SYNAPSE_CONFIG_DIR", "SYNAPSE_CONFIG_PATH", "SYNAPSE_DATA_DIR", "SYNLUA_RUNTIME_DIR"},
  ["paths.config"] = {"SYNAPSE_CONFIG_DIR"},
  ["paths.data"] = {"SYNAPSE_DATA_DIR"},
  ["paths.homeserver"] = {"SYNAPSE_CONFIG_PATH", "SYNAPSE_CONFIG_DIR"},
  ["paths.log_config"] = {"SYNAPSE_LOG_CONFIG", "SYNLUA_RUNTIME_DIR"},
  ["paths.nginx"] = {"SYNLUA_RUNTIME_DIR"}, ["paths.notify"] = {"SYNLUA_RUNTIME_DIR"},
  ["paths.overlay"] = {"SYNLUA_RUNTIME_DIR"}, ["paths.runtime"] = {"SYNLUA_RUNTIME_DIR"},
  sockets = {"plan.instances", "SYNLUA_RUNTIME_DIR", "SYNAPSE_PUBLIC_UNIX_SOCKETS", "NGINX_LISTEN_UNIX_SOCKET"},
  services = {"the files of the services"},
  jobs = {"the files of the jobs", "TZ"}, jobs_off = {"the files of the jobs"},
  instances = {"SYNAPSE_WORKER_TYPES", "the files of the worker types"},
  routes = {"SYNAPSE_WORKER_TYPES", "the endpoints of the worker types"},
  budget = {"database", "plan.instances", "SYNLUA_MEMORY", "the memory of the machine"},
  estimate = {"plan.services", "plan.budget", "event_cache_size"},
  database = {"database", "POSTGRES_HOST", "what the data directory holds"},
  redis = {"redis", "SYNAPSE_REDIS_HOST", "SYNAPSE_WORKER_TYPES"},
  listens = {"listeners", "SYNAPSE_HTTP_PORT", "SYNAPSE_HTTP_FED_PORT", "plan.services"},
  directories = {"plan.services"}, reaches = {"plan.services"},
  output = {"SYNLUA_LOG_FORMAT", "SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK", "SYNLUA_ACCESS_LOG", "SYNLUA_ACCESS_LOG_TO",
    "SYNAPSE_METRICS"},
  metrics = {"SYNAPSE_METRICS", "SYNLUA_METRICS_ADDRESS", "SYNLUA_METRICS_PORT", "plan.services"},
  secrets = {"plan.paths", "the secrets that homeserver.yaml and variables say"},
  signing = {"signing_key_path", "plan.paths"},
  notes = {"SYNLUA_TRUSTED_PROXIES", "SYNLUA_ADMIN_ALLOW"},
  ownership = {"SYNLUA_CHOWN", "plan.paths", "the owners of the files there"},
  owner = {"UID", "the user that runs synlua"},
  space = {"plan.paths", "plan.database"},
  disks = {"plan.paths", "media_store_path", "the directory of Prometheus"},
}

--- The names of all parts that are known.
---@return table<string, string[]>
function plan_sources.all() return SOURCES end

--- What a part is worked out from; that of the part around it, where it has none of its own.
---@param name string without "plan."
---@return string[]?
function plan_sources.of(name)
  return SOURCES[name] or name:find ".%." and plan_sources.of(name:match "^(.*)%.") or nil
end

return plan_sources
