-- Matrix Authentication Service (MAS), which handles logins instead of Synapse.

return {
  title = "Matrix Authentication Service",
  entries = {
    {name = "SYNAPSE_MAS_ENDPOINT", kind = "url", service = true, acts = "Synapse",
      doc = "URL under which Synapse and nginx reach Matrix Authentication Service, such as http://mas:8080. "
        .. "nginx must be able to resolve its host name when it starts."},
    {name = "SYNAPSE_MAS_SECRET", kind = "string", single_line = true, acts = "Synapse",
      doc = "Secret shared with the service: matrix.secret of its configuration."},
  },
}
