-- The variables of nginx: their kinds, what they mean together, and what becomes of them in nginx.conf.

local fixture = require "plan_fixture"
local nginx = require "files.nginx"
local quote = require "files.quote"
local settings_fixture = require "settings_fixture"
local template = require "files.template"

local read, at = settings_fixture.read, settings_fixture.at

local PAGE, FIRST = "NGINX_GENERAL_PAGE_SIZE_BYTES", "NGINX_PROXY_BUFFER_SIZE_BYTES"
local BUSY, TEMPORARY = "NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES", "NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES"
local MULTIPLIER = "NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER"

local function problem_of(environment, where)
  local _, problems = read(environment)
  assert.equal(1, #problems)
  assert.equal(where, problems[1].where)
  return problems[1].what
end

local source <close> = assert(io.open "templates/nginx.conf")
local compiled = assert(template.compile(source:read "a", "nginx.conf"))

-- nginx.conf with these variables. pieces: of the admin's, by slot.
local function configuration(environment, more)
  local options = {environment = environment}
  for key, value in pairs(more or {}) do options[key] = value end
  local input = fixture.input(options)
  input.pieces = options.pieces
  local made, problems, _, view = fixture.run(input)
  assert.same({}, problems)
  local found
  nginx.files(view, {template = function(_, _, values)
    found = assert(template.render(compiled, values, quote.nginx, {http = "", server = "", location = ""}))
    return found
  end})
  return found, made
end

local function plan_problem(environment, host)
  local _, problems = fixture.make {environment = environment, host = host}
  assert.equal(1, #problems)
  return problems[1]
end

local function has(text, ...)
  for _, line in ipairs {...} do assert.is_truthy(text:find(line, 1, true), line .. "\n" .. text) end
end

local function has_not(text, ...)
  for _, line in ipairs {...} do assert.is_nil(text:find(line, 1, true), line) end
end

describe("a size of nginx", function()
  it("is a number of bytes, or one with k, m or g", function()
    for text, bytes in pairs {["4096"] = 4096, ["4k"] = 4096, ["4K"] = 4096, ["1m"] = 1 << 20, ["0008k"] = 8192} do
      assert.equal(bytes, settings_fixture.value("NGINX_CLIENT_BODY_BUFFER_SIZE_BYTES", text))
    end
  end)

  it("is nothing else, and within its range", function()
    for _, text in ipairs {"4kb", "-1", "1.5k", "4 k", "99999999999999999999", "9223372036854775807k", "1023", "65m"} do
      assert.matches("must be a size from 1k to 64m", settings_fixture.problem(FIRST, text).what)
    end
  end)
end)

describe("a time of nginx", function()
  it("is seconds with or without a letter, or written as nginx has it", function()
    for text, seconds in pairs {["60"] = 60, ["60s"] = 60, ["1m"] = 60, ["1m30s"] = 90, ["1h1m1s"] = 3661,
      ["1d"] = 86400} do
      assert.equal(seconds, settings_fixture.value("NGINX_PROXY_READ_TIMEOUT", text))
    end
  end)

  it("is nothing else", function()
    for _, text in ipairs {"60S", "1M", "500ms", "30s1m", "1h 30m", "s", "-60", "0", "2d", "60s; error_log /tmp/x"} do
      assert.matches("must be a time from 1 to 86400 seconds",
        settings_fixture.problem("NGINX_PROXY_READ_TIMEOUT", text).what)
    end
  end)
end)

describe("NGINX_WORKER_PROCESSES", function()
  it("is auto or a number", function()
    assert.equal("auto", settings_fixture.value("NGINX_WORKER_PROCESSES", "Auto"))
    assert.equal(4, settings_fixture.value("NGINX_WORKER_PROCESSES", "4"))
    assert.matches("must be auto, or a whole number from 1 to 512",
      settings_fixture.problem("NGINX_WORKER_PROCESSES", "0").what)
  end)

  it("follows the processors that the container has if it is auto", function()
    has(configuration({}, {host = {cpus = 3}}), "worker_processes 3;")
    has(configuration({NGINX_WORKER_PROCESSES = "7"}, {host = {cpus = 3}}), "worker_processes 7;")
  end)
end)

describe("sizes of buffers", function()
  it("are multiples of the page size", function()
    has(configuration {[PAGE] = "8k"}, "proxy_buffer_size 8192;", "proxy_buffers 32 8192;",
      "gzip_buffers 32 8192;", "client_body_buffer_size 262144;")
    local settings = read {[PAGE] = "8k"}
    assert.same({16384, 16384}, {settings[BUSY], settings[TEMPORARY]})
  end)

  it("are larger pages where answers are not buffered", function()
    has(configuration {NGINX_PROXY_BUFFERING = "off", [MULTIPLIER] = "4"}, "proxy_buffering off;",
      "proxy_buffer_size 16384;", "proxy_buffers 32 16384;", "gzip_buffers 32 16384;")
    has(configuration {[MULTIPLIER] = "4"}, "proxy_buffer_size 4096;")
  end)

  it("fit together if only the first one is set", function()
    has_not(configuration {[FIRST] = "16k"}, "proxy_busy_buffers_size", "proxy_temp_file_write_size")
    has(configuration {[BUSY] = "16k", [TEMPORARY] = "64k"},
      "proxy_busy_buffers_size 16384; # " .. BUSY, "proxy_temp_file_write_size 65536; # " .. TEMPORARY)
    has(configuration {[FIRST] = "124k"}, "proxy_buffer_size 126976;", "proxy_busy_buffers_size 126976;")
  end)

  it("name both variables and both values where nginx would refuse them", function()
    local what = problem_of({[BUSY] = "8k", [FIRST] = "16k"}, BUSY)
    has(what, "is 8192,", FIRST .. " (16384)")
    what = problem_of({[TEMPORARY] = "4k", [PAGE] = "8k"}, TEMPORARY)
    has(what, "is 4096,", PAGE .. " (8192)")
    what = problem_of({[BUSY] = "128k"}, BUSY)
    has(what, "is 131072,", PAGE .. " (4096)")
    what = problem_of({[FIRST] = "1m"}, FIRST)
    has(what, "is 1048576,", PAGE .. " (4096)")
    what = problem_of({NGINX_PROXY_BUFFERING = "no", [MULTIPLIER] = "8", [BUSY] = "16k"}, BUSY)
    has(what, "is 16384,", PAGE .. " (4096) times " .. MULTIPLIER .. " (8)")
    what = problem_of({NGINX_PROXY_BUFFERING = "no", [MULTIPLIER] = "1024", [PAGE] = "1m"}, MULTIPLIER)
    has(what, "1073741824 bytes", PAGE .. " (1048576)")
  end)

  it("are not compared where one of them is faulty by itself", function()
    local _, problems = read {[BUSY] = "1x", [FIRST] = "64k"}
    assert.equal(1, #problems)
  end)
end)

describe("compression", function()
  it("is on, at level 1, also for a proxy in front, and not for media", function()
    local text = configuration {}
    has(text, "gzip on;", "gzip_comp_level 1;", "gzip_proxied any;", "gzip_min_length 200;", "gzip_http_version 1.1;",
      "gzip_vary on;")
    has(text:match "gzip_types [^\n]*", "application/json")
    has_not(text:match "gzip_types [^\n]*", "octet-stream", "image/png", "text/plain")
  end)

  it("is off with level 0, except where a listener has compress", function()
    local text = configuration {NGINX_GZIP_COMP_LEVEL = "0"}
    has_not(text, "gzip on;")
    local document = require "lib.document"
    local homeserver = {server_name = "example.org", listeners = document.seq {document.map {type = "http", port = 8008,
      resources = document.seq {document.map {names = document.seq {"client", "federation"}, compress = true}}}}}
    text = configuration({NGINX_GZIP_COMP_LEVEL = "0"}, {homeserver = homeserver})
    assert.equal(1, select(2, text:gsub("gzip on;", "")))
    assert.is_true(text:find("gzip on;", 1, true) > text:find("server {", 1, true))
    text = configuration({}, {homeserver = homeserver})
    assert.is_true(text:find("gzip on;", 1, true) < text:find("server {", 1, true))
  end)
end)

describe("idle connections", function()
  it("of clients are kept for a minute, or not at all", function()
    has(configuration {}, "keepalive_timeout 60s; # NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS")
    has(configuration {NGINX_CLIENT_KEEPALIVE_ENABLE = "False"},
      "keepalive_timeout 0s; # NGINX_CLIENT_KEEPALIVE_ENABLE")
  end)

  it("to Synapse are kept for less than the minute after which it closes them", function()
    has(configuration {}, "keepalive_timeout 30s; # NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS")
    has(configuration {NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS = "60"},
      "keepalive_timeout 50s; # NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS")
    local _, _, warnings = read {NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS = "60"}
    has(at(warnings, "NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS")[1].what, "is 60", "only 50 s", "after 60 s")
  end)

  it("to Synapse can be turned off", function()
    local text = configuration {NGINX_UPSTREAM_KEEPALIVE_ENABLE = "no", SYNAPSE_WORKER_TYPES = "synchrotron:2"}
    has_not(text, "keepalive 3", "keepalive 4", "NGINX_UPSTREAM_KEEPALIVE_TIMEOUT", 'Connection ""')
    has(text, "proxy_set_header Connection close;")
  end)

  it("are multiplied, also under the name that a document of old has", function()
    for _, name in ipairs {"NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER", "NGINX_KEEPALIVE_CONNECTION_MULTIPLIER"} do
      has(configuration {[name] = "3", SYNAPSE_WORKER_TYPES = "synchrotron:2"}, "keepalive 96;", "keepalive 144;")
    end
  end)

  it("leave half of the connections to requests", function()
    local problem = plan_problem {NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER = "40"}
    has(problem.what, "is 40", "1600", "NGINX_WORKER_CONNECTIONS (2048)", "1024")
    has(configuration {NGINX_WORKER_CONNECTIONS = "64"}, "keepalive 25;")
  end)
end)

describe("NGINX_WORKER_CONNECTIONS", function()
  it("brings enough open files", function()
    local text, made = configuration {NGINX_WORKER_CONNECTIONS = "20000"}
    has(text, "worker_connections 20000;", "worker_rlimit_nofile 40512;")
    assert.equal(40512, made.services.nginx.process.open_files)
  end)

  it("is compared with what a process may open", function()
    local problem = plan_problem({NGINX_WORKER_CONNECTIONS = "5000"}, {open_files = 4096})
    assert.equal("NGINX_WORKER_CONNECTIONS", problem.where)
    has(problem.what, "is 5000", "4096")
    has(configuration({}, {host = {open_files = 4096}}), "worker_rlimit_nofile 4096;", "worker_connections 2048;")
    has(configuration({}, {host = {open_files = 1024}}), "worker_rlimit_nofile 1024;", "worker_connections 512;")
  end)
end)

describe("NGINX_MAP_HASH_MAX_SIZE", function()
  it("is at least what the pools of workers need", function()
    has(configuration {}, "map_hash_max_size 4096;", "map_hash_bucket_size 128;")
    local problem = plan_problem {NGINX_MAP_HASH_MAX_SIZE = "512", SYNAPSE_WORKER_TYPES = "full"}
    has(problem.what, "is 512", "SYNAPSE_WORKER_TYPES", "pools")
  end)
end)

describe("the table of pools", function()
  it("has room for the longest name", function()
    local long = ("x"):rep(120)
    local view = {settings = read(), input = {host = {cpus = 1}}, public = {1}, routes = {pools = {}}}
    assert.equal(128, require("plan.nginx.tuning").make(view, {}).map_bucket)
    view.routes.pools[long] = {members = {"a"}}
    assert.equal(192, require("plan.nginx.tuning").make(view, {}).map_bucket)
  end)
end)

describe("a server that fails", function()
  it("is used again at once", function()
    has(configuration {}, "main_public.sock max_fails=0;")
  end)

  it("can be left out for a while", function()
    has(configuration {NGINX_UPSTREAM_SERVER_MAX_FAILS = "3", NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT = "1m"},
      "main_public.sock max_fails=3 fail_timeout=60s;")
  end)

  it("needs both variables", function()
    local _, _, warnings = read {NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT = "20"}
    has(at(warnings, "NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT")[1].what, "NGINX_UPSTREAM_SERVER_MAX_FAILS")
  end)
end)

describe("NGINX_PROXY_REQUEST_BUFFERING", function()
  it("takes the second try from requests with a body", function()
    local text = configuration {NGINX_PROXY_REQUEST_BUFFERING = "off", SYNAPSE_WORKER_TYPES = "synchrotron:2"}
    has(text, "proxy_request_buffering off; # NGINX_PROXY_REQUEST_BUFFERING",
      "error_page 502 = $second_try_without_body;")
    has_not(configuration {SYNAPSE_WORKER_TYPES = "synchrotron:2"}, "second_try_without_body")
  end)
end)

describe("variables without effect", function()
  it("are warned of, but not if they have the value that they had before", function()
    local _, _, warnings = read {[MULTIPLIER] = "2", NGINX_UPSTREAM_KEEPALIVE_ENABLE = "no",
      NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS = "20", NGINX_CLIENT_KEEPALIVE_ENABLE = "no",
      NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS = "5"}
    assert.equal(3, #warnings)
    _, _, warnings = read {[MULTIPLIER] = "1", NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT = "10",
      NGINX_UPSTREAM_KEEPALIVE_ENABLE = "no", NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS = "60"}
    assert.same({}, warnings)
  end)
end)

describe("a piece of the admin's in the slot http", function()
  it("takes the place of a directive that the variables would set", function()
    local pieces = {["nginx.conf"] = {http = {{name = "a.conf", path = "/user/a.conf",
      text = "gzip off;\n  proxy_read_timeout 5s;\n# keepalive_timeout 1s;\n"}}}}
    local text = configuration({}, {pieces = pieces})
    has_not(text, "gzip on;", "proxy_read_timeout 600s;")
    has(text, "gzip_comp_level 1;", "keepalive_timeout 60s;")
  end)

  it("decides how large a table is, so that sockets are kept out of it", function()
    local pieces = {["nginx.conf"] = {http = {{name = "a.conf", path = "/user/a.conf",
      text = "map_hash_bucket_size 64;\n"}}}}
    has(configuration {SYNLUA_ACCESS_LOG = "brief"}, "main_public.sock main;")
    has_not(configuration({SYNLUA_ACCESS_LOG = "brief"}, {pieces = pieces}), "main_public.sock main;")
  end)
end)
