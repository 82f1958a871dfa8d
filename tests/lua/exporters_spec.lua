-- Which exporters run, as whom, and how they are told where their server is.

local document = require "lib.document"
local fixture = require "plan_fixture"
local dkjson = require "dkjson"
local pgpass = require "files.quote.pgpass"
local tables = require "lib.tables"

local REDIS, POSTGRES = "SYNAPSE_ENABLE_REDIS_METRIC_EXPORT", "SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT"

local function make(environment, options)
  local all = {SYNAPSE_METRICS = "yes", [REDIS] = "yes", [POSTGRES] = "yes"}
  for name, value in pairs(environment) do all[name] = value or nil end
  options = tables.copy(options or {})
  options.environment = all
  return fixture.make(options)
end

local function services(environment, options)
  local made, problems, warnings, view = make(environment, options)
  assert.same({}, problems)
  return made.services.redis_exporter, made.services.postgres_exporter, warnings, view
end

local BUILTIN = {SYNAPSE_WORKER_TYPES = "pusher"}
local OUTSIDE = {SYNAPSE_REDIS_HOST = "cache", SYNAPSE_REDIS_PASSWORD = "s3cret:\\", POSTGRES_HOST = "db",
  POSTGRES_USER = "me", POSTGRES_DB = "synapse", POSTGRES_PASSWORD = "pa:s\\s"}

local function file(view, name, path)
  for _, one in ipairs(require("services." .. name).files(view)) do
    if one.path == path then return one end
  end
end

describe("an exporter", function()
  it("runs where its variable and metrics are on, and ends nothing", function()
    local redis, postgres = services(BUILTIN)
    for _, one in ipairs {redis, postgres} do
      assert.equal("keep-trying", one.on_failure)
      assert.matches("127.0.0.1:9%d+", table.concat(one.process.argv, " "))
    end
    local off = tables.copy(BUILTIN)
    off[REDIS], off[POSTGRES] = "no", "no"
    redis, postgres = services(off)
    assert.same({}, {redis, postgres})
    local made, _, warnings = make {SYNAPSE_METRICS = "no", [POSTGRES] = false, SYNAPSE_WORKER_TYPES = "pusher"}
    assert.is_nil(made.services.redis_exporter)
    assert.same({}, warnings)
  end)

  it("of a built-in service runs as its user, which alone can be no more by its socket", function()
    local redis, postgres = services(BUILTIN)
    assert.same({101, 103}, {redis.process.uid, postgres.process.uid})
    assert.equal("unix:///run/synlua/redis/run/redis.sock", fixture.environment(redis).REDIS_ADDR)
    assert.equal("dbname=synapse host=/run/synlua/postgres/run sslmode=disable user=synlua_metrics",
      fixture.environment(postgres).DATA_SOURCE_NAME)
    assert.same({{"redis"}, {"postgres_setup"}}, {redis.after, postgres.after})
  end)

  it("of a server outside runs as the user prometheus, with the password in a file of its own", function()
    local redis, postgres, _, view = services(OUTSIDE)
    assert.same({105, 105}, {redis.process.uid, postgres.process.uid})
    assert.equal("redis://cache:6379", fixture.environment(redis).REDIS_ADDR)
    assert.equal("dbname=synapse host=db port=5432 sslmode=disable user=me",
      fixture.environment(postgres).DATA_SOURCE_NAME)
    local words = fixture.text(redis.process) .. fixture.text(postgres.process)
    assert.is_nil(words:find("s3cret", 1, true))
    assert.is_nil(words:find("pa:s", 1, true))
    local json = file(view, "redis_exporter", "redis_exporter/password.json")
    assert.same({'{"redis://cache:6379":"s3cret:\\\\"}\n', true, 106}, {json.bytes, json.secret, json.gid})
    local pass = file(view, "postgres_exporter", "postgres_exporter/pgpass")
    assert.same({"*:*:*:*:pa\\:s\\\\s\n", true, 105, 384}, {pass.bytes, pass.secret, pass.uid, pass.mode})
  end)

  it("finds the password by the address with the user too, as later versions of the exporter look for it", function()
    local _, _, _, view = services {[REDIS] = "yes", SYNAPSE_WORKER_TYPES = "pusher", SYNAPSE_REDIS_HOST = "cache",
      SYNAPSE_REDIS_USER = "a:b@c/d e%f+g~", SYNAPSE_REDIS_PASSWORD = "pw"}
    assert.equal('{"redis://a%3Ab%40c%2Fd%20e%25f+g~@cache:6379":"pw","redis://cache:6379":"pw"}\n',
      file(view, "redis_exporter", "redis_exporter/password.json").bytes)
  end)

  it("is told to count the checkpoints of PostgreSQL 17, if it knows how", function()
    local function words(version)
      local _, postgres = services(BUILTIN, {host = {postgres = {[version] = "/p"}}})
      return table.concat(postgres.process.argv, " ")
    end
    assert.is_nil(words "15":find("checkpointer", 1, true))
    assert.matches("--collector.stat_checkpointer", words "17", 1, true)
    local path = os.tmpname()
    local function told(knows)
      local handle <close> = assert(io.open(path, "w"))
      handle:write("#!/bin/sh\n", knows and "# stat_checkpointer\n" or "", 'echo "$@"\n')
      handle:close()
      local _, postgres = services(BUILTIN, {host = {postgres = {["17"] = "/p"}}})
      local argv = {}
      for at, word in ipairs(postgres.process.argv) do
        argv[at] = "'" .. (word:find "exporter$" and path or word:gsub("'", "'\\''")) .. "'"
      end
      os.execute("chmod +x " .. path)
      local pipe <close> = assert(io.popen(table.concat(argv, " ")))
      return pipe:read "a"
    end
    assert.equal("--web.listen-address=127.0.0.1:9187 --log.level=warn\n", told(false))
    assert.equal("--web.listen-address=127.0.0.1:9187 --log.level=warn --collector.stat_checkpointer\n", told(true))
    os.remove(path)
  end)

  it("heeds TLS and files of homeserver.yaml, which its user must be able to read", function()
    local redis, postgres, _, view = services({}, {homeserver = {server_name = "example.org",
      redis = document.map {enabled = true, host = "::1", port = 7, use_tls = true, ca_file = "/ca.pem", username = "u",
        password_path = "/pw"},
      database = document.map {name = "psycopg2", args = document.map {host = "db", user = "me",
        sslmode = "verify-full", sslrootcert = "/root.pem", cp_max = 9, database = "here"}}}})
    assert.equal("rediss://[::1]:7", fixture.environment(redis).REDIS_ADDR)
    assert.equal("u", fixture.environment(redis).REDIS_USER)
    assert.same({"/bin/sh", "-c"}, {redis.process.argv[1], redis.process.argv[2]})
    assert.equal("/pw", redis.process.argv[5])
    assert.matches("-tls-ca-cert-file=/ca.pem", table.concat(redis.process.argv, " "), 1, true)
    local reads = {}
    for _, reach in ipairs(view.services.reaches) do
      if reach.service == "redis_exporter" and reach.read then reads[#reads + 1] = reach.path end
    end
    assert.same({"/ca.pem", "/pw"}, reads)
    assert.equal("dbname=here host=db sslmode=verify-full sslrootcert=/root.pem user=me",
      fixture.environment(postgres).DATA_SOURCE_NAME)
  end)

  it("takes a password from the admin's file as that of one server, so that none other is ever told it", function()
    local path, password = os.tmpname(), [[it's: a "\\pass"\, $HOME `id`]] .. "\t{}"
    local handle <close> = assert(io.open(path, "w"))
    handle:write(password, "\n")
    handle:flush()
    local redis = services({[POSTGRES] = "no"}, {homeserver = {server_name = "example.org",
      redis = document.map {enabled = true, host = "cache", password_path = path}}})
    local argv = {}
    for at, word in ipairs(redis.process.argv) do argv[at] = "'" .. word:gsub("'", "'\\''") .. "'" end
    local told = table.concat(argv, " "):gsub("'[^' ]*redis%-exporter'.*$",
      [[/bin/sh -c 'cat "$REDIS_PASSWORD_FILE"; echo; echo "[$REDIS_PASSWORD]"']])
    local pipe <close> = assert(io.popen(told))
    assert.same({{["redis://cache:6379"] = password}, "[]"}, {dkjson.decode(pipe:read "l"), pipe:read "a":match "%S+"})
    os.remove(path)
  end)

  it("that has nothing to measure, or cannot, is a warning", function()
    local _, _, warnings = services {}
    assert.equal(2, #warnings)
    assert.matches("has no effect without Redis", fixture.text(warnings), 1, true)
    assert.matches("has no effect without PostgreSQL: the database is SQLite", fixture.text(warnings), 1, true)
    for name, value in pairs {dsn = "host=x", service = "s", host = "a b", user = "a,b"} do
      local _, none, told = services({[REDIS] = "no"}, {homeserver = {server_name = "example.org",
        database = document.map {name = "psycopg2", args = document.map {host = "db", [name] = value}}}})
      assert.is_nil(none)
      assert.matches("which the exporter cannot use", fixture.text(told), 1, true)
    end
  end)

  it("that is not installed is a problem that names the package", function()
    local programs = tables.copy(fixture.input().host.programs)
    programs.redis_exporter, programs.postgres_exporter = nil, nil
    local _, problems = make(BUILTIN, {host = {programs = programs}})
    assert.equal(2, #problems)
    for _, name in ipairs {"redis", "postgres"} do
      assert.matches(("needs prometheus-%s-exporter, which is not installed"):format(name), fixture.text(problems), 1,
        true)
    end
  end)
end)

describe("a field of PostgreSQL's file of passwords", function()
  it("has its two special characters escaped, and is one line", function()
    assert.equal([[a\:b\\c d'"#]], pgpass [[a:b\c d'"#]])
    for _, value in ipairs {"a\nb", "a\rb", "a\0b"} do
      assert.same({nil, "has a line break or a NUL byte"}, {pgpass(value)})
    end
  end)
end)
