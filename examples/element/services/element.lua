-- The config.json of Element Web, for this homeserver, which nginx serves to browsers. At each start it looks whether
-- the client is there; without it the homeserver goes on, and `synlua status` shows the failure.
local DIRECTORY = "/srv/element" -- as in templates/nginx.conf.d/location/element.conf

return {
  api = 2,
  doc = "Makes Element's config.json.",
  settings = {
    {name = "ELEMENT_BRAND", kind = "string", default = "Element", doc = "The name that Element shows."},
  },
  user = "nginx", -- who serves the file, and must be able to read the client
  argv = {"/usr/bin/test", "-r", DIRECTORY .. "/index.html"},
  ready = "exit",
  limits = {tries = 1},
  templates = function(view)
    return {{path = "config.json", template = "element.json", format = "json", values = {
      server_name = view.server_name, homeserver = view.urls.public or "https://" .. view.server_name,
      brand = view.settings.ELEMENT_BRAND,
    }}}
  end,
}
