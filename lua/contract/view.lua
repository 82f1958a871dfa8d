-- What a service's functions get: a frozen view of the settings and of what the plan has worked out.

local record = {
  user = {{name = "uid", kind = "integer", doc = "user id"}, {name = "gid", kind = "integer", doc = "group id"}},
}

return {
  name = "view",
  doc = "Functions of a service get a view. It can be read and not written, and an unknown name in it is an error.",
  fields = {
    {name = "settings", kind = "map", of = {kind = "any"},
      doc = "Every variable by its name, with its value or default: `view.settings.SYNAPSE_SERVER_NAME`."},
    {name = "server_name", kind = "string", doc = "The name of the homeserver."},
    {name = "paths", kind = "record", doc = "Where things are.", fields = {
      {name = "data", kind = "string", doc = "the data directory"},
      {name = "config", kind = "string", doc = "the directory of the configuration"},
      {name = "runtime", kind = "string", doc = "the runtime directory, which each start makes anew"},
      {name = "homeserver", kind = "string", doc = "homeserver.yaml"},
      {name = "own", kind = "string", doc = "where the `files` and `templates` of this service go"},
      {name = "state", kind = "string", doc = "where the `directories` of this service lie"},
    }},
    {name = "users", kind = "record", doc = "Which user each part runs as.", fields = {
      {name = "own", kind = "record", fields = record.user, doc = "synlua itself"},
      {name = "synapse", kind = "record", fields = record.user, doc = "Synapse"},
      {name = "nginx", kind = "record", fields = record.user, doc = "nginx, where there is such a user"},
      {name = "redis", kind = "record", fields = record.user, doc = "Redis, where there is such a user"},
      {name = "postgres", kind = "record", fields = record.user, doc = "PostgreSQL, where there is such a user"},
      {name = "prometheus", kind = "record", fields = record.user, doc = "Prometheus, where there is such a user"},
      {name = "coturn", kind = "record", fields = record.user, doc = "coturn, where there is such a user"},
    }},
    {name = "urls", kind = "record", doc = "Where the homeserver is reached.", fields = {
      {name = "homeserver", kind = "string", doc = "from this machine, through nginx"},
      {name = "public", kind = "string", doc = "from elsewhere (public_baseurl); nil where nobody says so"},
    }},
    {name = "instances", kind = "list", doc = "Synapse's processes, the main one first.",
      of = {kind = "record", plural = "processes", fields = {
        {name = "name", kind = "string", doc = "`main`, or the worker's name"},
        {name = "service", kind = "string", doc = "the name of its service"},
        {name = "types", kind = "list", of = {kind = "string", plural = "texts"}, doc = "its worker types"},
        {name = "addresses", kind = "map", of = {kind = "any"},
          doc = "public, replication, metrics, health: each has socket, or address and port"},
      }}},
    {name = "routes", kind = "any",
      doc = "Which pool of processes serves which requests, as `synlua plan --json` has it."},
  },
}
