-- coturn, the TURN server over which calls go that find no direct way.

local octal = require "lib.octal"
local quote = require "files.quote"
local tls = require "plan.turn.tls"
local turn = require "plan.turn.choice"

local coturn = {api = 2}

local MEMORY, MEASURING = 5, 10 -- MB of coturn, and of the program that measures it
local DIRECTORY = tls.DIRECTORY -- below the runtime directory
local RUN = DIRECTORY .. "/run" -- what it makes itself
local HELPER, SOCKET = "start_coturn.py", RUN .. "/metrics.sock"

-- Whether a program of ours starts coturn.
local function is_helped(said) return (said.asks or said.measured) ~= nil end

local function memory(said) return MEMORY + (said.measured and MEASURING or 0) end

-- Both protocols on the port for all, TCP alone on that with TLS.
local function listens(view, said)
  local settings, list = view.settings, {}
  local function add(name, what, udp)
    for _, one in ipairs(said.listening) do
      list[#list + 1] = {address = one, port = settings[name], what = what, udp = udp,
        place = settings.sources[name] or name,
        hint = ("choose another port in %s, or addresses of this machine in COTURN_INTERNAL_IP"):format(name)}
    end
  end
  add("COTURN_LISTENING_PORT", "coturn", true)
  if said.tls then add("COTURN_TLS_LISTENING_PORT", "coturn with TLS") end
  return list
end

local function reaches(view, said, user)
  local list = {{path = said.program, uid = user.uid, gid = user.gid, program = true, hint = "install coturn"}}
  if is_helped(said) then
    list[2] = {path = view.settings.SYNLUA_SYNAPSE_PYTHON, uid = user.uid, gid = user.gid, program = true,
      hint = ("let coturn's user run it, or unset %s"):format(said.asks and "COTURN_EXTERNAL_IP" or "COTURN_METRICS")}
  end
  for _, part in ipairs(said.tls and {"certificate", "key"} or {}) do
    local file = said.tls[part]
    if file.at == file.path then
      list[#list + 1] = {path = file.path, uid = user.uid, gid = user.gid, exists = true, read = true,
        hint = ("%s must be a file that coturn's group can read (chgrp %d, chmod 640), or COTURN_TLS=no")
          :format(file.place, user.gid)}
    end
  end
  return list
end

-- coturn itself, or the program that starts it where there is more to do.
local function arguments(view, said)
  local at = view.paths.runtime .. "/" .. DIRECTORY
  local argv = {said.program, "-c", at .. "/turnserver.conf"}
  if not is_helped(said) then return argv end
  local helped = {view.settings.SYNLUA_SYNAPSE_PYTHON, "-I", at .. "/" .. HELPER}
  if said.asks then table.move({"--ask", said.asks, table.concat(said.relays, ",")}, 1, 3, #helped + 1, helped) end
  if said.measured then table.move({"--metrics", view.paths.runtime .. "/" .. SOCKET}, 1, 2, #helped + 1, helped) end
  return table.move(argv, 1, #argv, #helped + 1, helped)
end

-- The secret comes from files and variables that hold any text.
local function secret_problem(view)
  local secret = turn.shared_secret(view)
  local where = view.settings.sources.SYNAPSE_TURN_SECRET
  if turn.keeps_secret(view) and view.input.turn.bad then
    return {where = view.turn.secret, what = "is no file with the secret of coturn in it",
      hint = "look at it, and remove it: the next start makes a new one"}
  elseif not secret then
    return {where = where or tostring(view.homeserver.options.turn_shared_secret_path),
      what = "turn_shared_secret_path names a file that cannot be read, and coturn needs the secret in it",
      hint = "write the secret into that file, or take turn_shared_secret_path out: synlua then keeps one itself"}
  end
  local _, why = quote.coturn(secret)
  return why and {where = where or "turn_shared_secret", what = "cannot be coturn's secret: it " .. why,
    hint = "choose another one, as openssl rand -hex 32 makes it, or take it out: synlua then keeps one itself"}
end

---@param view View
---@return table|nil
---@return Problem?
function coturn.plan(view)
  local said = view.turn
  if not said then return end
  local problem = secret_problem(view)
  if problem then return nil, problem end
  local user, own = said.user, view.users.own
  local probe = {kind = "connect", address = said.listening[1], port = view.settings.COTURN_LISTENING_PORT}
  return {
    process = {
      argv = arguments(view, said),
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, cwd = view.paths.runtime .. "/" .. RUN,
      uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 1500,
      open_files = 16384, oom_score_adj = 100,
    },
    ready = {probe = probe}, start_limit_ms = 60000,
    alive = {probe = probe, every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    memory = memory(said),
    on_failure = "keep-trying", give_up_after = 5, -- messages go on without calls
    sockets = said.measured and {SOCKET} or nil,
    metrics = said.measured and {socket = view.paths.runtime .. "/" .. SOCKET, uri = "/metrics"} or nil,
    renews = said.tls and "USR2" or nil,
    listens = listens(view, said), reaches = reaches(view, said, user),
    directories = {
      {base = view.paths.runtime, path = DIRECTORY, mode = octal "0750", uid = own.uid, gid = user.gid},
      {base = view.paths.runtime, path = RUN, mode = octal "0700", uid = user.uid, gid = user.gid},
    },
  }
end

local function values(view, said)
  local settings = view.settings
  return {
    port = settings.COTURN_LISTENING_PORT, listening = said.listening, relays = said.relays,
    external = said.external or false,
    low = settings.COTURN_MIN_PORT, high = settings.COTURN_MAX_PORT, realm = said.realm,
    secret = turn.shared_secret(view), user_quota = settings.COTURN_USER_QUOTA,
    total_quota = settings.COTURN_TOTAL_QUOTA, denied = said.denied, allowed = said.allowed,
    tls = said.tls and {port = settings.COTURN_TLS_LISTENING_PORT, certificate = said.tls.certificate.at,
      key = said.tls.key.at} or false,
    run = view.paths.runtime .. "/" .. RUN,
  }
end

---@param view View
---@param make table see files
---@return table[]
function coturn.files(view, make)
  local said = view.turn
  if not said then return {} end
  local list = {}
  local function add(name, bytes, more)
    list[#list + 1] = {base = view.paths.runtime, path = DIRECTORY .. "/" .. name, mode = octal "0640",
      uid = view.users.own.uid, gid = said.user.gid, bytes = bytes, secret = not more.shown, renewed = more.renewed}
  end
  add("turnserver.conf", make.template("turnserver.conf", "coturn", values(view, said)), {})
  if is_helped(said) then add(HELPER, make.text(HELPER), {shown = true}) end
  for _, part in ipairs(said.tls and {"certificate", "key"} or {}) do
    local bytes = tls.copy(view, said.tls[part])
    if bytes then add(part .. ".pem", bytes, {renewed = true}) end
  end
  return list
end

return coturn
