-- Serves a web client, such as Element Web, from a directory. Its variables are known to synlua like all others:
-- `synlua env` lists them, a wrong value ends the start, and a misspelt name is named.
return {
  api = 2,
  doc = "Serves the files of a web client.",
  settings = {
    {name = "WEB_CLIENT_PORT", kind = "port", default = 8090, doc = "The port of the web client, on 127.0.0.1."},
    {name = "WEB_CLIENT_DIRECTORY", kind = "path", default = "/data/web", doc = "The directory with its index.html."},
  },
  argv = function(view)
    local settings = view.settings
    return {"/usr/bin/python3", "-I", "-m", "http.server", tostring(settings.WEB_CLIENT_PORT), "--bind", "127.0.0.1",
      "--directory", settings.WEB_CLIENT_DIRECTORY}
  end,
  ready = function(view) return {tcp = view.settings.WEB_CLIENT_PORT} end,
}
