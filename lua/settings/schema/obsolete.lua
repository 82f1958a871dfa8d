-- Variables of other images that have no effect here, by design: name -> the reason, and what to use instead.

local HARNESS = "only scripts outside the container read it, to start test suites"

local SOCKETS = "processes inside the container use Unix sockets by default"

local obsolete = {
  NGINX_DISABLE_LOGROTATE = "nginx writes no log files here, so there is nothing to rotate",
  NOTIFY_SOCKET = "synlua gives each of its processes a socket of its own",
  PROMETHEUS_REMOTE_WRITE_TIMEOUT = "the name is PROMETHEUS_REMOTE_WRITE_REMOTE_TIMEOUT",
  SYNAPSE_APPSERVICES = "put the files into $SYNAPSE_CONFIG_DIR/appservices or SYNAPSE_AS_REGISTRATION_DIR",
  SYNAPSE_METRICS_ENABLE_LISTENERS = "metrics listeners follow SYNAPSE_METRICS",
  SYNAPSE_METRICS_HTTP_PORT = "metrics listeners follow SYNAPSE_METRICS",
  SYNAPSE_NO_TLS = "nginx, or a proxy in front of it, does TLS",
  SYNAPSE_USE_EXPERIMENTAL_FORKING_LAUNCHER = "SYNLUA_FORK_SERVER says whether processes are forked",
  SYNAPSE_USE_UNIX_SOCKET = SOCKETS .. "; for PostgreSQL set POSTGRES_HOST to the directory of its socket",
  SYNAPSE_WORKER = "SYNAPSE_WORKER_TYPES asks for worker processes",
}

for _, name in ipairs {
  "ASYNCIO_REACTOR", "COMPLEMENT_BASE_IMAGE", "COMPLEMENT_DIR", "COMPLEMENT_ENABLE_DIRTY_RUNS", "COMPLEMENT_REF",
  "COMPLEMENT_SHARE_ENV_PREFIX", "COMPLEMENT_SPAWN_HS_TIMEOUT_SECS", "POSTGRES", "SYNAPSE_TEST_LOG_LEVEL",
  "UNIX_SOCKETS", "WORKERS", "WORKER_TYPES",
} do
  obsolete[name] = HARNESS
end

return obsolete
