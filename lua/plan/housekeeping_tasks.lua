-- The tasks of `synlua housekeeping`, each with its variable, in the order in which they are done.

return {
  {name = "remote-media", variable = "SYNLUA_HOUSEKEEPING_REMOTE_MEDIA", asks = true},
  {name = "local-media", variable = "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA", asks = true},
  {name = "empty-rooms", variable = "SYNLUA_HOUSEKEEPING_EMPTY_ROOMS", asks = true},
  {name = "logs", variable = "SYNLUA_HOUSEKEEPING_LOGS"},
}
