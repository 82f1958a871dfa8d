-- The server's name, its directories, and the user that runs Synapse.

local places = require "lib.places"

return {
  title = "Identity, paths, users",
  entries = {
    {name = "SYNAPSE_SERVER_NAME", kind = "server_name", option = "server_name", acts = "Synapse", required = true,
      hint = "set it to the domain of your user ids, such as example.org; it can never be changed later",
      doc = "Domain part of every user id and room alias. Required until there is a homeserver.yaml."},
    {name = "SYNAPSE_REPORT_STATS", kind = "yes_no", option = "report_stats", acts = "Synapse", required = true,
      hint = "set it to yes or no",
      doc = "Whether anonymous statistics go to matrix.org: yes or no. Required until there is a homeserver.yaml."},
    {name = "SYNAPSE_CONFIG_DIR", kind = "path", default = places.DEFAULTS.SYNAPSE_CONFIG_DIR, acts = "synlua",
      doc = "Directory of homeserver.yaml, homeserver.d and the signing key."},
    {name = "SYNAPSE_CONFIG_PATH", kind = "path", acts = "synlua", default_text = "$SYNAPSE_CONFIG_DIR/homeserver.yaml",
      default = function(settings) return places.homeserver(settings.SYNAPSE_CONFIG_DIR) end,
      doc = "The homeserver.yaml to use. synlua makes it if it is missing and never changes it afterwards."},
    {name = "SYNAPSE_DATA_DIR", kind = "path", default = places.DEFAULTS.SYNAPSE_DATA_DIR, acts = "synlua",
      doc = "Directory of everything that must be kept: database, media, secrets, logs."},
    {name = "UID", kind = "integer", min = 0, max = 4294967294, default = 991, aliases = {"PUID"}, acts = "synlua",
      doc = "User id under which Synapse runs when synlua is started as root."},
    {name = "GID", kind = "integer", min = 0, max = 4294967294, default = 991, aliases = {"PGID"}, acts = "synlua",
      doc = "Group id under which Synapse runs when synlua is started as root."},
  },
}
