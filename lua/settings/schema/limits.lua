-- What nginx accepts of one client.

return {
  title = "Limits for clients",
  entries = {
    {name = "SYNLUA_CONNECTIONS_PER_ADDRESS", kind = "integer", min = 1, max = 65535, acts = "nginx",
      default_text = "no limit",
      doc = "How many requests one address may have at the same time. Each client has one waiting in `/sync`."},
    {name = "SYNLUA_LOGINS_PER_MINUTE", kind = "integer", min = 1, max = 60000, acts = "nginx",
      default_text = "no limit beside Synapse's",
      doc = "How many logins, registrations and new passwords one address may ask for; a registration takes several."},
  },
}
