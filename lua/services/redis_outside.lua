-- A look at a Redis server outside before Synapse starts: reachable, login, database. After that it is watched, because
-- requests wait for ever while it is away; health shows that.

local octal = require "lib.octal"
local redis = require "plan.database.redis"
local synapse_process = require "plan.process.synapse"

local service = {api = 2}

local CAUSES = {
  {match = "^unreachable: ", cause = "unreachable",
    hint = "start the server, or mend its address (SYNAPSE_REDIS_HOST, or redis in homeserver.yaml); it is tried again "
      .. "meanwhile"},
  {match = "^refused: ", cause = "login", permanent = true,
    hint = "mend password, user, TLS or number of the database (SYNAPSE_REDIS_*, or redis in homeserver.yaml)"},
}

-- Tries at 0, 1, 3, 7, 15, 31 and 63 s.
local TRIES = 7

local SOCKET = "private/redis_outside.sock"

---@param view View
---@return table|nil
function service.plan(view)
  if not redis.is_outside(view) then return end
  local paths, user = view.paths, view.users.synapse
  local socket = paths.runtime .. "/" .. SOCKET
  local argv = {view.settings.SYNLUA_SYNAPSE_PYTHON, "-I", paths.runtime .. "/synapse/check_redis.py", socket}
  for _, path in ipairs(synapse_process.files(view)) do argv[#argv + 1] = path end
  return {
    process = {
      argv = argv, cwd = "/",
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" .. paths.data, "NOTIFY_SOCKET=" .. paths.notify},
      uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 1000,
    },
    ready = {notify = true}, start_limit_ms = 300000, causes = CAUSES, give_up_after = TRIES, passes_status = true,
    sockets = {SOCKET},
    -- Never started again for it: a new process would find the same.
    alive = {probe = {kind = "http", socket = socket, uri = "/"}, every_ms = 15000, timeout_ms = 10000, patience = 2},
  }
end

---@param view View
---@param make table see files
---@return table[]
function service.files(view, make)
  if not redis.is_outside(view) then return {} end
  return {{base = view.paths.runtime, path = "synapse/check_redis.py", mode = octal "0640",
    uid = view.users.own.uid, gid = view.users.synapse.gid, bytes = make.text "check_redis.py"}}
end

return service
