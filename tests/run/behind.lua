-- A real nginx as synlua runs it, before a server that answers with what it got (tests/fakes/upstream.py).

local dkjson = require "dkjson"
local support = require "run.support"

local behind = {}

--- Starts it. The upstream is main's first listener, and only that.
---@param variables table<string, string>
---@param homeserver? string text of a homeserver.yaml
---@param beside? table<string, string> files beside it: name -> text
---@return Run
function behind.start(variables, homeserver, beside)
  local port, upstream = support.port(), support.port() + 100
  local all = {SYNAPSE_HTTP_PORT = port, SYNAPSE_PUBLIC_UNIX_SOCKETS = "no", SYNLUA_INTERNAL_PORTS = upstream,
    NGINX_LISTEN_ADDRESS = "127.0.0.1", SYNLUA_CONTAINER = "no"}
  for name, value in pairs(variables) do all[name] = value or nil end
  local run = support.run({synapse = support.service({}, {
    argv = ('{%q, "-I", "{run}/upstream.py", "%d"}'):format(support.PYTHON, upstream)})}, {variables = all})
  support.write(run:path "upstream.py", support.read(support.FAKES .. "/upstream.py"))
  if homeserver then support.write(run:path "data/homeserver.yaml", homeserver) end
  for name, text in pairs(beside or {}) do support.write(run:path("data/" .. name), text) end
  run.port = port
  run:start()
  run:says "synlua | ready in"
  return run
end

--- Status, and what the upstream got; the body as text where it is none of the upstream's.
---@param words string more of curl's arguments
---@param url string
function behind.ask(words, url)
  local output = support.capture(("curl -s -S -m 30 --path-as-is -o - -w '\n%%{http_code}' %s %s 2>&1"):format(words,
    support.quote(url)))
  local body, status = output:match "^(.*)\n(%d+)$"
  assert(body, output)
  local said = dkjson.decode(body)
  return math.tointeger(status), type(said) == "table" and said or body
end

--- Names in curl's words.
function behind.header(name, value) return "-H " .. support.quote(name .. ": " .. value) end

return behind
