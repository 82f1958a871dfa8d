-- tests/e2e/nginx_random.lua [COUNT [SEED]]: random sets of values over all variables that nginx.conf comes from, with
-- and without workers, an authentication service, modules and listeners of the admin's.
--
-- Each set that the settings and the plan accept must pass `nginx -t` without a word. Each refused one is written all
-- the same, through the same template and with the refused texts in the place of their values. There nginx must refuse
-- it too, or REASONS below must say why synlua does. SEED is random unless given, and is shown.

local document = require "lib.document"
local fixture = require "plan_fixture"
local kinds = require "settings.kinds"
local nginx = require "files.nginx"
local plan = require "plan"
local quote = require "files.quote"
local schema = require "settings.schema"
local settings = require "settings"
local tables = require "lib.tables"
local template = require "files.template"
local worker_types = require "worker_types"

local COUNT, SEED = tonumber(arg[1] or "120"), tonumber(arg[2] or tostring(os.time()))

-- What synlua refuses and nginx does not: what it says, and why.
local REASONS = {
  {"must be a size from", "a size out of the range in which nginx works: a buffer of 0 bytes or of gigabytes"},
  {"must be a time from", "a time of no use to nginx: below a second, longer than a day, or with blanks in it"},
  {"must be a whole number", "a number out of the range in which nginx works, such as 3 connections"},
  {"must be auto, or a whole number from", "more processes than nginx can have, which it notices only when it starts"},
  {"must be yes or no", "a word of nginx has more than two values, and the variable that it comes from only two"},
  {"but one may have at most", "buffers that no machine has the memory for"},
  {"leaves %d+ for them", "idle connections would take all connections that a process may have"},
  {"which nginx needs", "nginx only warns, and is slow then"},
  {"but a process may have only", "nginx only warns, and refuses connections once it runs"},
  {"must be an absolute path", "a path that begins at whatever directory nginx was built for"},
  {"a list of IP addresses", "a name, whose address may be another one tomorrow"},
  {"must be port numbers", "ports are numbers, for nginx too; this one is not written where it would see it"},
  {"names one port twice", "nginx refuses an address that comes twice; this one is not written"},
  {"an item that is no network", "nginx would take the name of a host, and look it up while it starts"},
  {"beside other networks", "all and none are words of synlua"},
  {"does not resolve", "no nginx ever sees a name"},
  {"must be a port", "nginx takes no such port; this one is not written"},
  {"must be one of", "words of synlua"},
  {"but none is trusted", "a port for the PROXY protocol that no client can pass by"},
  {"is also that of", "nginx warns of the second server on a port, and does not use it"},
  {"gives this port to a listener without federation", "nginx would serve something else there than was asked for"},
  {"is another name of", "two names of one variable with different values"},
}

-- A path that nginx can use in its own words.
local directory = assert(io.popen "mktemp -d"):read "l"
local configuration = directory .. "/nginx.conf"
local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or "python3"
local CERTIFICATE = directory .. "/of"
assert(os.execute(("%s tests/fakes/certificate.py %s -3600 864000"):format(PYTHON, CERTIFICATE)))
os.execute(("mkdir -p %s/run/nginx/tmp %s/data/.synlua.nginx '%s/with blank'"):format(directory, directory,
  directory))

local function text_of(path)
  local from <close> = assert(io.open(path))
  return from:read "a"
end

local compiled = assert(template.compile(text_of "templates/nginx.conf", "templates/nginx.conf"))
local NO_PIECES = {http = "", server = "", location = ""}
local IPV6 = io.open "/proc/net/if_inet6" ~= nil
local VERSION = assert(io.popen "nginx -v 2>&1"):read("a"):match "nginx/([%d.]+)"
local LIMIT = tonumber((text_of "/proc/self/limits"):match "Max open files%s+%w+%s+(%d+)")

local TYPES = {"", "", "synchrotron:2", "full", "federation_inbound:3,event_creator:2,client_reader_room:2",
  "media_repository:2,user_dir,background_worker,to_device,typing", "synchrotron,a_worker_type_that_has_a_long_name:2"}
local UNSOUND = {"abc", "-1", "4kb", "1.5", "0x10", "18446744073709551616", "99999999999999999999999", "4 k", " 60",
  "60s; error_log /tmp/x", "1k1m", "60S", "on off", "$host", "9223372036854775807k", "ten", "+1", "1e3", "{", "4096;"}
local PLENTY = {"1", "0", "2", "64", "512", "1000", "1048576", "2147483648", "65535", "4294967296"}

-- One shares all paths of another, so their pools have the names of both.
local WORKER_TYPES = tables.copy(worker_types)
WORKER_TYPES.a_worker_type_that_has_a_long_name = tables.copy(worker_types.synchrotron)

local function any(list) return list[math.random(#list)] end

local map, seq = document.map, document.seq

local function listener(names, more)
  local made = {type = "http", resources = seq {map {names = seq(names)}}}
  for key, value in pairs(more) do made[key] = value end
  return map(made)
end

-- Listeners of an existing homeserver.yaml: usual, for clients and servers apart, with TLS, sockets alone, and several.
local HERE = seq {"127.0.0.1"}
local CLIENTS = {port = 18090, bind_addresses = HERE, x_forwarded = true}
local SERVERS = {port = 18091, bind_addresses = HERE}
local WITH_TLS = {port = 18092, bind_addresses = HERE, tls = true}
local SOCKET = {path = directory .. "/with blank/b.sock", mode = 432}
local LISTENERS = {
  {listener({"client", "federation"}, CLIENTS)},
  {listener({"client"}, CLIENTS), listener({"federation"}, SERVERS)},
  {listener({"federation"}, WITH_TLS), listener({"client"}, CLIENTS)},
  {listener({"client", "federation"}, WITH_TLS)},
  {listener({"client", "federation"}, SOCKET)},
  {listener({"client", "metrics"}, CLIENTS), listener({"federation", "media"}, SERVERS),
    listener({"client", "federation"}, WITH_TLS), listener({"client"}, SOCKET)},
}

local function homeserver()
  if math.random() < 0.5 then return nil end
  local made = {server_name = "example.org", listeners = seq(any(LISTENERS)), public_baseurl = "https://example.org/"}
  made.tls_certificate_path, made.tls_private_key_path = CERTIFICATE .. ".pem", CERTIFICATE .. ".key"
  if math.random() < 0.2 then made.modules = seq {map {module = "a.Module", config = map {}}} end
  if math.random() < 0.2 then
    made.matrix_authentication_service = map {enabled = true, endpoint = "http://127.0.0.1:18099", secret = "s"}
  end
  if math.random() < 0.3 then made.max_upload_size = any {"0", "1K", "50M", 9223372036854775807} end
  return made
end

-- A number near the limits of an entry, or between them, on a scale of magnitudes.
local function near(entry)
  local low, high = math.max(entry.min, 1), entry.max
  if math.random() < 0.08 then
    return any {entry.min, entry.max, entry.min + 1, entry.max - 1, entry.min - 1, high + 1}
  end
  local top = math.random() < 0.5 and math.min(high, low * 1024) or high
  return math.tointeger(math.floor(low * (top / low) ^ math.random()))
end

local texts = {}
function texts.boolean() return any {"yes", "no", "on", "off", "True", "False", "1", "0"} end
function texts.word(entry) return any(entry.words) end
function texts.integer(entry) return ("%d"):format(near(entry)) end
function texts.auto(entry) return any {"auto", "AUTO", texts.integer(entry), "4"} end
function texts.bytes(entry)
  local bytes = near(entry)
  if math.random() < 0.7 then bytes = any {1024, 4096, 8192, 16384, 32768, 65536, 131072, 1 << 20} end
  if bytes % (1 << 20) == 0 and math.random() < 0.5 then return ("%d%s"):format(bytes >> 20, any {"m", "M"}) end
  if bytes % 1024 == 0 and math.random() < 0.5 then return ("%d%s"):format(bytes >> 10, any {"k", "K"}) end
  return ("%d"):format(bytes)
end
function texts.seconds(entry)
  if math.random() < 0.05 then return any {"1w", "500ms", "1h 30m", "1M", "0", "90061s"} end
  return any {("%d"):format(near(entry)), ("%ds"):format(near(entry)), "60", "60s", "1m", "1m30s", "2h", "1d", "10m"}
end
function texts.path() return directory .. any {"/a.sock", "/with blank/a.sock", "/a;b{}.sock", "/a'\"\\.sock"} end
function texts.port() return any {"18093", "18087", "18091", "443", "8448"} end
function texts.ports() return any {"18094", "18095,18096", "443", "443, 8448", "18092", "18093,18094"} end
function texts.networks(entry)
  local words = {"10.0.0.0/8", "10.1.2.3/8", "10.1.0.0/16", "::/0", "0.0.0.0/0", "unix", "fd00::/8", "[2001:DB8::1]",
    "127.0.0.1", "::ffff:10.0.0.1", "::1", "fe80::1/10"}
  if math.random() < 0.2 then return any {"none", entry.all and "all" or "unix", entry.names and "proxy" or "unix"} end
  local list = {}
  for at = 1, math.random(6) do list[at] = any(words) end
  return table.concat(list, any {",", ", "})
end
function texts.addresses() return any {"127.0.0.1", "all", "127.0.0.2,127.0.0.1", "*"} end

-- Of the schema, so that none can be forgotten.
local OTHERS = {SYNLUA_TRUSTED_PROXIES = true, SYNLUA_PROXY_PROTOCOL = true, SYNLUA_ADMIN_ALLOW = true,
  SYNLUA_TLS_PORTS = true, SYNLUA_CONNECTIONS_PER_ADDRESS = true, SYNLUA_LOGINS_PER_MINUTE = true,
  SYNLUA_ACCESS_LOG = true, SYNLUA_ACCESS_LOG_TO = true, SYNAPSE_HTTP_FED_PORT = true}
local entries = {}
for _, entry in ipairs(schema.entries) do
  if entry.name:find "^NGINX_" or OTHERS[entry.name] then
    assert(texts[entry.kind], entry.name)
    entries[#entries + 1] = entry
  end
end

local function random_set()
  local set, share = {}, any {0.1, 0.3, 0.6, 1}
  for _, entry in ipairs(entries) do
    if math.random() < share then
      local text = texts[entry.kind](entry)
      if math.random() < 0.02 then text = any(math.random() < 0.5 and UNSOUND or PLENTY) end
      set[any(schema.names(entry))] = text
      if entry.aliases and math.random() < 0.1 then set[entry.name] = texts[entry.kind](entry) end
    end
  end
  return set
end

-- Every number that a variable sets stands before a comment with its name, or is an argument of a server.
local ARGUMENTS = {NGINX_UPSTREAM_SERVER_MAX_FAILS = "max_fails", NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT = "fail_timeout"}

-- Those that are written only if they differ from what nginx works out.
local SELDOM = {NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES = "proxy_busy_buffers_size",
  NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES = "proxy_temp_file_write_size"}

local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

local function with_text(made, name, text)
  local argument = ARGUMENTS[name]
  if not argument then
    local word = quote.nginx(text) or quoted(text)
    if SELDOM[name] and not made:find("# " .. name, 1, true) then
      made = made:gsub("\n *proxy_buffering ", ("\n    %s 8k; # %s%%0"):format(SELDOM[name], name))
    end
    return (made:gsub("(\n *[%w_]+ )[^\n;]+(; # " .. name .. "\n)", function(a, b) return a .. word .. b end))
  elseif argument == "fail_timeout" and not made:find("fail_timeout=", 1, true) then
    made = made:gsub("max_fails=0;", "max_fails=0 fail_timeout=1s;")
  end
  return (made:gsub(argument .. "=[^%s;]+", function() return quoted(argument .. "=" .. text) end))
end

-- nginx's verdict on a configuration.
local function tried(text)
  local to <close> = assert(io.open(configuration, "w"))
  assert(to:write(text))
  to:close()
  local pipe = assert(io.popen(("nginx -t -q -c %s 2>&1"):format(configuration)))
  local said = pipe:read "a"
  return pipe:close() == true, said
end

local function input_of(set)
  if math.random() < 0.5 then
    set.SYNAPSE_TLS_CERT, set.SYNAPSE_TLS_KEY = CERTIFICATE .. ".pem", CERTIFICATE .. ".key"
  end
  local environment = {SYNAPSE_WORKER_TYPES = any(TYPES), SYNAPSE_DATA_DIR = directory .. "/data",
    SYNAPSE_CONFIG_DIR = directory .. "/data", SYNLUA_RUNTIME_DIR = directory .. "/run", SYNAPSE_HTTP_PORT = "18087"}
  for name, value in pairs(set) do environment[name] = value end
  local input = fixture.input {environment = environment, homeserver = homeserver(),
    host = {open_files = LIMIT, ipv6 = IPV6 and math.random() < 0.7, resolvers = any {{}, {"127.0.0.1", "::1"}}}}
  input.worker_types, input.trial, input.nginx = WORKER_TYPES, true, VERSION
  input.resolved = {proxy = {addresses = any {{"172.18.0.2"}, {"172.18.0.2", "fd00::2"}}}}
  input.validity = any {nil, {ocsp = "http://authority.example/path"}, {ocsp = "http://authority.example:8080"}}
  return input
end

local make = {template = function(_, _, values)
  local text, fault = template.render(compiled, values, quote.nginx, NO_PIECES)
  return assert(text, fault and fault.what)
end}

local function configuration_of(view)
  for _, file in ipairs(nginx.files(view, make)) do
    if file.path == "nginx/nginx.conf" then return file.bytes end
  end
end

local function reason_of(problem)
  for _, reason in ipairs(REASONS) do
    if problem.what:find(reason[1]) then return reason end
  end
end

-- The first problem without a reason.
local function without_reason(problems)
  for _, problem in ipairs(problems) do
    local reason = reason_of(problem)
    if not reason then return problem end
    reason.used = (reason.used or 0) + 1
  end
end

local function shown(set)
  local words = {}
  for name, value in pairs(set) do words[#words + 1] = ("%s='%s'"):format(name, value) end
  table.sort(words)
  return table.concat(words, " ")
end

local function fail(set, what, said)
  print(("not ok - %s\n  %s\n  %s"):format(what, shown(set), said))
  os.execute("rm -rf " .. directory)
  os.exit(1)
end

-- A problem of one value, or of several together. Texts that are no values are put in their place.
local function try_refused(set, input, problems)
  local read = settings.read(input)
  local view = select(4, plan.make(read, input, fixture.catalog()))
  local made = configuration_of(view)
  for name, text in pairs(set) do
    local entry = schema.owner[name]
    if select(2, kinds.parse(text, entry)) then made = with_text(made, entry.name, text) end
  end
  local good, said = tried(made)
  if not good then return "nginx" end
  local odd = without_reason(problems)
  if not odd then return "reason" end
  fail(set, "nginx takes what is refused, and no reason is written", odd.where .. ": " .. odd.what .. said)
end

local counts = {accepted = 0, nginx = 0, reason = 0}
math.randomseed(SEED)
print(("seed %d"):format(SEED))
for _ = 1, COUNT do
  local set = random_set()
  local input = input_of(set)
  local read, problems = settings.read(input)
  local _, more, _, view = plan.make(read, input, fixture.catalog())
  table.move(more, 1, #more, #problems + 1, problems)
  if #problems == 0 then
    local good, said = tried(configuration_of(view))
    if not good or said ~= "" then fail(set, "nginx refuses what is accepted", said) end
    counts.accepted = counts.accepted + 1
  else
    local by = try_refused(set, input, problems)
    counts[by] = counts[by] + 1
  end
end
os.execute("rm -rf " .. directory)
print(("ok - %d sets of values: %d accepted, by nginx too; %d refused, by nginx too; %d refused for a reason"):format(
  COUNT, counts.accepted, counts.nginx, counts.reason))
for _, reason in ipairs(REASONS) do print(("# %4d  %s"):format(reason.used or 0, reason[2])) end
