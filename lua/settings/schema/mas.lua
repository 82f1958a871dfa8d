-- Matrix Authentication Service, which then does logins in Synapse's place.

return {
  title = "Matrix Authentication Service",
  entries = {
    {name = "SYNAPSE_MAS_ENDPOINT", kind = "url", base = true, acts = "Synapse",
      doc = "Where Synapse and nginx reach Matrix Authentication Service, such as http://mas:8080; login, logout and "
        .. "refresh go there. Its name must be known when nginx starts."},
    {name = "SYNAPSE_MAS_SECRET", kind = "string", single_line = true, acts = "Synapse",
      doc = "Secret shared with it: matrix.secret of its configuration."},
  },
}
