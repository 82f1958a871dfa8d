-- EDGE
-- `synlua status`: shows the services and their states.

local client = require "control.client"
local log = require "core.log"

-- These fields come first, and the others follow.
local ORDER = {
  "server_name", "url", "pid", "up_ms", "stopping", "services", "name", "state", "shown", "note", "waits_for",
  "since_ms", "restarts", "failures", "wanted", "essential", "was_ready", "ready_after_ms", "usage", "cpu_s", "rss",
  "pss", "fds", "threads", "processes", "last_exit", "exits", "cause", "words", "kind", "code", "signal", "ago_ms",
}

---@param arguments {json?: boolean}
---@return integer
return function(arguments)
  local answer, why = client.ask {verb = "status"}
  if not answer or answer.error then return client.fail(why or answer.error) end
  answer.ok, answer.done = nil, nil
  if arguments.json then
    local dkjson = require "dkjson"
    io.stdout:write(dkjson.encode(answer, {indent = true, keyorder = ORDER}), "\n")
  else
    io.stdout:write(log.plain(require("processes.status_table").format(answer)))
  end
  return 0
end
