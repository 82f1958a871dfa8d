-- Checks the variables of listeners together; see settings/checks.lua.

local checks = {}

local PLAIN = {[443] = true, [8448] = true}

function checks.port(case)
  for _, name in ipairs {"SYNAPSE_HTTP_PORT", "SYNAPSE_HTTP_FED_PORT"} do
    local port = case.settings[name]
    if PLAIN[port] then
      case.warning(name, ("is %d, where others expect TLS, but this listener speaks plain HTTP"):format(port),
        "use 8008, and let your reverse proxy serve TLS")
    end
  end
end

local LONGEST = 107 -- bytes in the path of a Unix socket

function checks.listen_socket(case)
  local path, source = case.settings.NGINX_LISTEN_UNIX_SOCKET, case.sources.NGINX_LISTEN_UNIX_SOCKET
  local runtime = case.settings.SYNLUA_RUNTIME_DIR
  if not path then
    return
  elseif #path > LONGEST then
    case.problem(source, ("has %d bytes, but the path of a socket may have at most %d"):format(#path, LONGEST),
      "choose a shorter path")
  elseif path:find("$", 1, true) then
    case.problem(source, "has a $ in it, which nginx takes for a variable", "choose a path without one")
  elseif not path:find "^/[^/]+/" then
    case.problem(source, "lies in the root directory",
      "choose a path in a directory of its own, such as /sockets/matrix.sock")
  elseif path:sub(1, #runtime + 1) == runtime .. "/" then
    case.problem(source, ("lies in SYNLUA_RUNTIME_DIR (%s), which each start empties"):format(runtime),
      "choose a path in another directory")
  end
end

function checks.tls(case)
  local pair = {SYNAPSE_TLS_CERT = "SYNAPSE_TLS_KEY", SYNAPSE_TLS_KEY = "SYNAPSE_TLS_CERT"}
  for name, other in pairs(pair) do
    if case.given(name) and not case.given(other) then
      case.problem(other, ("is missing beside %s: TLS needs both"):format(case.sources[name]),
        ("set it, or unset %s"):format(case.sources[name]))
    end
  end
end

return checks
