-- A bridge as a sidecar: it starts before Synapse, and Synapse waits until it answers. When it fails for good, the
-- homeserver goes on without it. What a real bridge needs is the same: its program, its registration, its readiness.
--
-- The first start makes its registration, /data/appservices/echo.yaml, from templates/echo-registration.yaml, with new
-- tokens. Synapse and the bridge read it.
local PORT = 29330

return {
  api = 2,
  doc = "A bridge that says again what it hears.",
  argv = function(view)
    return {"/usr/bin/python3", "-I", view.paths.own .. "/echo.py", view.paths.config .. "/appservices/echo.yaml",
      view.urls.homeserver, view.server_name, tostring(PORT)}
  end,
  registration = "echo-registration.yaml",
  files = function(_, make) return {{path = "echo.py", text = make.text "echo.py"}} end,
  ready = {http = ("http://127.0.0.1:%d/ready"):format(PORT)},
  alive = {http = ("http://127.0.0.1:%d/ready"):format(PORT), restart_after = 6},
  before = {"synapse"},
}
