-- A bridge as a sidecar: it starts before Synapse, and Synapse waits until it answers. When it fails for good, the
-- homeserver goes on without it. What a real bridge needs is the same: its program, its registration, its readiness.
--
-- Synapse must know it: copy templates/echo-registration.yaml to /data/appservices/echo.yaml, and write two long random
-- texts in place of the tokens.
local PORT = 29330

return {
  api = 2,
  doc = "A bridge that says again what it hears.",
  argv = function(view)
    return {"/usr/bin/python3", "-I", view.paths.own .. "/echo.py", view.paths.data .. "/appservices/echo.yaml",
      view.urls.homeserver, view.server_name, tostring(PORT)}
  end,
  files = function(_, make) return {{path = "echo.py", text = make.text "echo.py"}} end,
  ready = {http = ("http://127.0.0.1:%d/ready"):format(PORT)},
  alive = {http = ("http://127.0.0.1:%d/ready"):format(PORT), restart_after = 6},
  before = {"synapse"},
}
