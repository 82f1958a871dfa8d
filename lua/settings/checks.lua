-- Checks several values together. Each check gets one case:
--   settings  every value, defaults included        given(name)    the admin has set it
--   sound(...)  none of these names has a problem of its own
--   problem(name, what, hint), warning(name, what, hint)
--   incomplete(name, what, hint)  a problem; a warning where homeserver.yaml may hold what is missing

local postgres = require "settings.postgres"
local tables = require "lib.tables"

local checks = {}

local function is_below(path, directory)
  return path == directory or path:sub(1, #directory + 1) == directory .. "/"
end

local function list(names) return table.concat(names, ", ") end

function checks.workers(case)
  for _, note in ipairs(case.settings.SYNAPSE_WORKER_TYPES.notes) do
    case.warning(case.sources.SYNAPSE_WORKER_TYPES, note)
  end
end

function checks.server_name(case)
  local name = case.settings.SYNAPSE_SERVER_NAME
  if name and not case.homeserver_exists and name:find("%u") then
    case.warning("SYNAPSE_SERVER_NAME", "has upper case letters, which become part of every user id",
      "write it in lower case unless the server has always been called so")
  end
end

function checks.users(case)
  for _, name in ipairs {"UID", "GID"} do
    if case.settings[name] == 0 then
      case.warning(case.sources[name], "is 0: Synapse would run as root", "use an unprivileged user, such as 991")
    end
  end
end

-- The longest socket name that must fit as it is; longer names of sockets are shortened.
local SOCKET = "/sockets/main_public.sock"

function checks.runtime_socket(case)
  if #case.settings.SYNLUA_RUNTIME_DIR + #SOCKET > 107 then
    case.problem("SYNLUA_RUNTIME_DIR",
      ("is longer than %d bytes: sockets in it would have paths of more than 107"):format(107 - #SOCKET),
      "choose a shorter path, such as /run/synlua")
  end
end

local NEED_REDIS = {"SYNAPSE_REDIS_DB", "SYNAPSE_REDIS_PASSWORD", "SYNAPSE_REDIS_PORT", "SYNAPSE_REDIS_TLS",
  "SYNAPSE_REDIS_USER"}

function checks.redis(case)
  local settings, idle = case.settings, {}
  if settings.SYNAPSE_REDIS_USER and not case.given "SYNAPSE_REDIS_PASSWORD" then
    case.problem("SYNAPSE_REDIS_PASSWORD", "is missing beside SYNAPSE_REDIS_USER; Synapse does not start without it",
      "set it, or unset SYNAPSE_REDIS_USER")
  end
  if case.given "SYNAPSE_REDIS_HOST" then return end
  for _, name in ipairs(NEED_REDIS) do
    if case.given(name) then idle[#idle + 1] = case.sources[name] end
  end
  if #idle > 0 then
    case.warning(list(idle), "no effect without SYNAPSE_REDIS_HOST", "set it for a Redis server outside")
  end
end

local KEPT = {
  "SYNAPSE_DATA_DIR", "SYNAPSE_CONFIG_DIR", "SYNAPSE_CONFIG_PATH", "SYNAPSE_MEDIA_STORE_PATH",
  "SYNAPSE_AS_REGISTRATION_DIR", "SYNAPSE_LOG_CONFIG", "SYNLUA_USER_DIR", "SYNLUA_SYNAPSE_PYTHON",
  "SYNLUA_POSTGRES_DIR",
}

-- The runtime directory is emptied at each start, so no lasting file may be in it.
function checks.runtime_contents(case)
  local dir = case.settings.SYNLUA_RUNTIME_DIR
  if not dir:find("^/[^/]+/") then
    case.problem("SYNLUA_RUNTIME_DIR", "is a top-level directory, and would be emptied at each start",
      "name a directory of its own, such as /run/synlua")
    return
  end
  local held = {}
  for _, name in ipairs(KEPT) do
    local path = case.settings[name]
    if path and is_below(path, dir) then held[#held + 1] = name end
  end
  if #held > 0 then
    case.problem("SYNLUA_RUNTIME_DIR",
      ("holds what is named by %s, and would be emptied at each start"):format(list(held)),
      "name a directory of its own, such as /run/synlua")
  end
end

-- Topics of variables whose checks have nothing to say of the defaults, and the module with the checks.
local TOPICS = {coturn = "settings.coturn_checks", listeners = "settings.listener_checks",
  mas = "settings.mas_checks", metrics = "settings.metrics_checks", nginx = "settings.nginx_checks",
  prometheus = "settings.prometheus_checks"}

local function is_any_given(case, entries)
  for _, entry in ipairs(entries) do
    if case.given(entry.name) then return true end
  end
  return false
end

function checks.topics(case)
  for topic, module in tables.sorted(TOPICS) do
    if is_any_given(case, require("settings.schema." .. topic).entries) then
      for _, check in tables.sorted(require(module)) do check(case) end
    end
  end
end

function checks.database(case)
  if case.outside_database then return end
  local idle = {}
  for _, name in ipairs(postgres.idle()) do
    if case.given(name) then idle[#idle + 1] = case.sources[name] end
  end
  if #idle > 0 then
    case.warning(list(idle), "no effect without POSTGRES_HOST or POSTGRES_PASSWORD",
      "set POSTGRES_HOST for a PostgreSQL server outside; otherwise unset these")
  end
end

function checks.pool(case)
  local low, high = case.settings.POSTGRES_CP_MIN, case.settings.POSTGRES_CP_MAX
  if case.sound("POSTGRES_CP_MIN", "POSTGRES_CP_MAX") and low > high then
    case.problem(case.sources.POSTGRES_CP_MIN or case.sources.POSTGRES_CP_MAX,
      ("makes a pool of at least %d and at most %d connections"):format(low, high),
      "set POSTGRES_CP_MIN to at most POSTGRES_CP_MAX")
  end
end

function checks.database_socket(case)
  local host, port = case.settings.POSTGRES_HOST, case.settings.POSTGRES_PORT
  if host:sub(1, 1) == "/" and #("%s/.s.PGSQL.%d"):format(host, port) > 107 then
    case.problem(case.sources.POSTGRES_HOST, "is too long: the path of the socket in it has more than 107 bytes",
      "mount the directory at a shorter path")
  end
end

local function pair(case, one, other, what, hint)
  if case.given(one) ~= case.given(other) then
    local have, lack = one, other
    if case.given(other) then have, lack = other, one end
    case.incomplete(lack, what:format(have), hint:format(have, lack))
  end
end

function checks.captcha(case)
  pair(case, "SYNAPSE_RECAPTCHA_PUBLIC_KEY", "SYNAPSE_RECAPTCHA_PRIVATE_KEY",
    "is missing beside %s; a captcha needs both keys", "unset %s, or set %s")
end

function checks.mas(case)
  pair(case, "SYNAPSE_MAS_ENDPOINT", "SYNAPSE_MAS_SECRET", "is missing beside %s; both sides must share a secret",
    "unset %s, or set %s")
end

function checks.mail(case)
  if not case.settings.SYNAPSE_EMAIL then return end
  if not case.given "SYNAPSE_EMAIL_SMTP_HOST" then
    case.incomplete("SYNAPSE_EMAIL_SMTP_HOST", "is missing beside SYNAPSE_EMAIL", "set it, or unset SYNAPSE_EMAIL")
  end
  if not case.given "SYNAPSE_EMAIL_NOTIF_FROM" then
    case.warning("SYNAPSE_EMAIL_NOTIF_FROM",
      "is missing beside SYNAPSE_EMAIL: mail comes from Synapse homeserver <noreply@SERVER_NAME>",
      "set it to an address that your mail server sends for")
  end
  pair(case, "SYNAPSE_EMAIL_SMTP_USER", "SYNAPSE_EMAIL_SMTP_PASS",
    "is missing beside %s; a login needs both", "unset %s, or set %s")
end

function checks.mail_off(case)
  if case.settings.SYNAPSE_EMAIL or not case.sound "SYNAPSE_EMAIL" then return end
  local idle = {}
  for _, part in ipairs {"APP_NAME", "NOTIF_FROM", "SMTP_HOST", "SMTP_PASS", "SMTP_PORT", "SMTP_USER", "TLS"} do
    local name = "SYNAPSE_EMAIL_" .. part
    if case.given(name) then idle[#idle + 1] = case.sources[name] end
  end
  if #idle > 0 then
    case.warning(list(idle), "no effect while SYNAPSE_EMAIL is not yes", "set SYNAPSE_EMAIL=yes, or unset these")
  end
end

local function is_verified(case)
  local captcha = case.given "SYNAPSE_RECAPTCHA_PUBLIC_KEY" and case.given "SYNAPSE_RECAPTCHA_PRIVATE_KEY"
  return captcha or case.given "SYNAPSE_REGISTRATIONS_REQUIRE_3PID" or case.settings.SYNAPSE_REGISTRATION_REQUIRES_TOKEN
end

function checks.registration(case)
  local settings = case.settings
  if not settings.SYNAPSE_ENABLE_REGISTRATION or is_verified(case) then return end
  if settings.SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION then
    case.warning("SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION", "lets anybody register, spammers included",
      "prefer a captcha, mail or registration tokens")
  elseif case.sound("SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION", "SYNAPSE_REGISTRATION_REQUIRES_TOKEN") then
    case.incomplete("SYNAPSE_ENABLE_REGISTRATION",
      "opens registration without verification, with which Synapse does not start",
      "set SYNAPSE_REGISTRATION_REQUIRES_TOKEN=yes, or both SYNAPSE_RECAPTCHA_ keys, or SYNAPSE_EMAIL and "
      .. "SYNAPSE_REGISTRATIONS_REQUIRE_3PID=email, or allow it: SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION=yes")
  end
end

function checks.third_party_ids(case)
  for _, medium in ipairs(case.settings.SYNAPSE_REGISTRATIONS_REQUIRE_3PID or {}) do
    if medium == "email" and not case.settings.SYNAPSE_EMAIL and case.sound "SYNAPSE_EMAIL" then
      case.incomplete("SYNAPSE_REGISTRATIONS_REQUIRE_3PID", "asks for mail addresses, but Synapse may not send mail",
        "set SYNAPSE_EMAIL=yes and the variables it needs")
    elseif medium == "msisdn" then
      case.incomplete("SYNAPSE_REGISTRATIONS_REQUIRE_3PID",
        "asks for phone numbers, which need account_threepid_delegates",
        "configure account_threepid_delegates.msisdn in homeserver.yaml")
    end
  end
end

function checks.turn(case)
  if case.settings.SYNAPSE_ENABLE_BUILTIN_COTURN then return end
  local uris, secret = case.given "SYNAPSE_TURN_URIS", case.given "SYNAPSE_TURN_SECRET"
  if uris and not secret then
    case.warning("SYNAPSE_TURN_SECRET", "is missing beside SYNAPSE_TURN_URIS; clients get no TURN servers without it",
      "set the static-auth-secret of the TURN server, unless homeserver.yaml holds it")
  elseif secret and not uris then
    case.warning("SYNAPSE_TURN_URIS", "is missing beside SYNAPSE_TURN_SECRET; clients get no TURN servers without it",
      "set it, such as turn:turn.example.org:3478?transport=udp, unless homeserver.yaml holds it")
  end
end

return checks
