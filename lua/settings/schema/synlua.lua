-- synlua itself.

return {
  title = "synlua",
  entries = {
    {name = "SYNLUA_RUNTIME_DIR", kind = "path", default = "/run/synlua", acts = "synlua",
      doc = "Directory of rendered files and sockets. It is emptied at each start."},
    {name = "SYNLUA_USER_DIR", kind = "path", acts = "synlua", default_text = "$SYNAPSE_DATA_DIR/synlua",
      default = function(settings) return settings.SYNAPSE_DATA_DIR .. "/synlua" end,
      doc = "Directory of your own worker types, services, templates and hooks."},
    {name = "SYNLUA_TRUST_OVERRIDES", kind = "boolean", default = false, acts = "synlua",
      doc = "Run overrides as root although a service's user could change them."},
    {name = "SYNLUA_STOP_TIMEOUT", kind = "integer", min = 1, max = 3600, default = 8, acts = "synlua",
      doc = "Seconds between the request to stop and the end of every process."},
    {name = "SYNLUA_START_CONCURRENCY", kind = "integer", min = 1, max = 1000, acts = "synlua",
      default_text = "number of CPUs that affinity and quota leave",
      doc = "How many Synapse processes may be starting at the same time."},
    {name = "SYNLUA_SYNAPSE_PYTHON", kind = "path", default = "/opt/synapse/bin/python", acts = "synlua",
      doc = "The Python interpreter that has Synapse installed."},
    {name = "SYNLUA_NGINX", kind = "path", acts = "synlua", default_text = "found in PATH",
      doc = "The nginx program."},
    {name = "SYNLUA_CONTAINER", kind = "boolean", acts = "synlua", default_text = "detected",
      default = function(_, input) return input.container end,
      doc = "Whether synlua runs in a container of its own."},
  },
}
