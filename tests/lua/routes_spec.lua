local explain = require "plan.routes.lookup"
local fixture = require "routes_fixture"
local locations = require "files.nginx.locations"
local request = require "plan.routes.request"
local routes = require "plan.routes"

local function instances(types)
  local list = {{name = "main", types = {}}}
  for _, name in ipairs(types) do
    local kinds = {}
    for kind in name:gmatch "[%w_]+" do kinds[#kinds + 1] = kind end
    list[#list + 1] = {name = name .. #list, types = kinds, addresses = {public = {socket = "/run/" .. #list}}}
  end
  return list
end

local function kinds_of(endpoints)
  local kinds = {}
  for name, list in pairs(endpoints) do kinds[name] = {endpoints = list} end
  return kinds
end

local function make(endpoints)
  local kinds, types = kinds_of(endpoints), {}
  for name in pairs(kinds) do types[#types + 1] = name end
  table.sort(types)
  return routes.make(kinds, instances(types))
end

local function good(endpoints)
  local made, problems = make(endpoints)
  assert.same({}, problems)
  return made, explain.make(made)
end

local function refused(endpoints, ...)
  local _, problems = make(endpoints)
  assert.is_true(#problems > 0)
  local text = problems[1].where .. ": " .. problems[1].what
  for _, part in ipairs {...} do assert.is_truthy(text:find(part, 1, true), text) end
end

describe("the shipped worker types", function()
  it("together have no fault, and a pool for each that has endpoints", function()
    local made, problems = routes.make(fixture.kinds(), fixture.instances "/run")
    assert.same({}, problems)
    local seen = {}
    for _, pool in pairs(made.pools) do seen[pool.types[1]] = true end
    for name, kind in pairs(fixture.kinds()) do assert.equal(#kind.endpoints > 0, seen[name] or false, name) end
  end)

  it("are all in the fixture", function()
    for _, name in ipairs(fixture.TYPES) do assert.is_table(require("workers." .. name).endpoints) end
    local pipe = assert(io.popen "ls lua/workers")
    local files = {}
    for file in pipe:lines() do files[#files + 1] = file:match "^(.*)%.lua$" end
    pipe:close()
    assert.same(fixture.TYPES, files)
  end)
end)

describe("every endpoint of the media repository", function()
  local made = routes.make(fixture.kinds(), fixture.instances "/run")
  local route = explain.make(made)
  local ADMIN = "/_synapse/admin/v1/"

  local function check(ids)
    for _, id in ipairs(ids) do
      for request_line, fallback in pairs {
        ["GET users/%s/media"] = "error", ["DELETE users/%s/media?limit=5"] = "error",
        ["POST user/%s/media/quarantine"] = "error", ["POST room/%s/media/quarantine"] = "error",
        ["POST quarantine_media/%s"] = "error", ["GET media/example.org/%s"] = "error",
        ["DELETE media/example.org/%s"] = "error", ["POST media/quarantine/example.org/%s"] = "error",
        ["POST media/unquarantine/example.org/%s"] = "error", ["POST media/protect/%s"] = "error",
        ["POST media/unprotect/%s"] = "error", ["POST media/%s/delete"] = "error",
        ["GET room/%s/media"] = "main", -- the one that Synapse serves without a media repository too
      } do
        local method, rest = request_line:match "^(%u+) (.*)$"
        local target = ADMIN .. rest:gsub("%%s", function() return id end)
        local found = route(method, target)
        assert.same({"media_repository"}, found.types, method .. " " .. target)
        assert.equal(fallback, found.fallback, method .. " " .. target)
      end
    end
  end

  it("goes to the media workers", function() check {"@a:example.org", "%40a%3Aexample.org", "!room"} end)

  it("goes there too with encoded slashes in a name", function()
    check {"@a%2Fb:example.org", "@a%2fb%2Fc:example.org", "%40%2F%2Fa%2F:example.org", "@media%2Fmedia:x", "media"}
  end)

  it("does not match the paths beside it", function()
    for _, path in ipairs {"users/@a:b", "users/@a:b/joined_rooms", "users/@a:b/media/x", "users/media",
      "user/@a:b/redact", "user/redact_status/media", "room/x", "statistics/users/media"} do
      assert.not_same({"media_repository"}, route("GET", ADMIN .. path).types, path)
      assert.not_same({"media_repository"}, route("POST", ADMIN .. path).types, path)
    end
  end)
end)

describe("routes", function()
  it("send each method of a path where it is served, HEAD with GET, OPTIONS with any, others to main", function()
    local _, route = good {a = {{path = "/x", methods = {"GET"}}}, b = {{path = "/x", methods = {"PUT"}}}}
    assert.equal("a", route("GET", "/x").pool)
    assert.equal("a", route("HEAD", "/x").pool)
    assert.equal("b", route("PUT", "/x").pool)
    assert.equal("a", route("OPTIONS", "/x").pool)
    assert.equal("main", route("POST", "/x").pool)
    assert.equal("main", route("GET", "/y").pool)
  end)

  it("of a path without other methods send all of them one way, if all who serve it say so", function()
    local _, route = good {
      a = {{path = "/x", methods = {"GET", "POST"}, whole = true}, {path = "/y", methods = {"GET"}, whole = true}},
      b = {{path = "/y", methods = {"PUT"}, whole = true}},
    }
    assert.equal("a", route("DELETE", "/x").pool)
    assert.equal("main", route("DELETE", "/y").pool)
    assert.equal("b", route("PUT", "/y").pool)
  end)

  it("leave a method that a special path does not have to the wider one", function()
    local _, route = good {a = {{path = "/x/*", methods = {"GET", "POST"}}}, b = {{path = "/x/y", methods = {"GET"}}}}
    assert.equal("b", route("GET", "/x/y").pool)
    assert.equal("a", route("POST", "/x/y").pool)
  end)

  it("prefer the type with `prefer`, and otherwise make one pool of all types of a path", function()
    local _, route = good {
      a = {{path = "/x", methods = {"GET"}}, {path = "/y", methods = {"GET"}}},
      b = {{path = "/x", methods = {"GET"}, prefer = 1}, {path = "/y", methods = {"GET"}}},
    }
    assert.same({"b"}, route("GET", "/x").types)
    assert.same({"a", "b"}, route("GET", "/y").types)
    assert.equal(2, #route("GET", "/y").members)
  end)

  it("send a request without the argument to another type, or to main if there is none", function()
    local _, route = good {
      a = {{path = "/x", methods = {"GET"}}},
      b = {{path = "/x", methods = {"GET"}, without = "since"}, {path = "/y", methods = {"GET"}, without = "pos"}},
    }
    assert.equal("b", route("GET", "/x").pool)
    assert.equal("b", route("GET", "/x?a=b&since=").pool)
    assert.equal("a", route("GET", "/x?since=1").pool)
    assert.equal("b", route("GET", "/y?since=1").pool)
    assert.equal("main", route("GET", "/y?pos=1").pool)
  end)

  it("without two different arguments on one path are refused, both named, once for all alternatives", function()
    local _, problems = make {
      a = {{path = "/{x|y}/z", methods = {"GET"}, without = "since"}},
      b = {{path = "/{x|y}/z", methods = {"GET", "PUT"}, without = "pos"}},
    }
    assert.equal(1, #problems)
    assert.equal("workers/b.lua", problems[1].where)
    for _, part in ipairs {"GET of /{x|y}/z", "pos", "since", "workers/a.lua"} do
      assert.is_truthy(problems[1].what:find(part, 1, true), problems[1].what)
    end
    refused({a = {
      {path = "/x", methods = {"GET"}, without = "since"}, {path = "/x", methods = {"GET"}, without = "pos"},
    }}, "workers/a.lua", "pos", "since")
  end)

  it("report each problem once, however many alternatives a path has", function()
    local _, problems = make {
      a = {{path = "/{i|j|k}/{p}/z", methods = {"GET"}}, {path = "/w/{x|y}", methods = {"GET"}, balance = "user"}},
      b = {{path = "/{i|j|k}/y/{q}", methods = {"PUT"}}, {path = "/w/{x|y}", methods = {"GET"}}},
    }
    assert.equal(2, #problems)
  end)

  it("that one type names twice have it once in their pool", function()
    local made = good {a = {{path = "/x/{p}", methods = {"GET"}}, {path = "/x/{q}", methods = {"GET"}}}}
    assert.same({"a"}, made.pools.a.types)
  end)

  it("of one process that has several types go to it from all of their pools", function()
    local made, problems = routes.make(kinds_of {
      a = {{path = "/x", methods = {"GET"}}}, b = {{path = "/y", methods = {"GET"}}},
    }, instances {"a+b", "a"})
    assert.same({}, problems)
    assert.equal(2, #made.pools.a.members)
    assert.same({"a+b1"}, made.pools.b.members)
  end)

  it("that overlap without one being a part of the other are refused, both named", function()
    refused({a = {{path = "/x/{p}/z", methods = {"GET"}}}, b = {{path = "/x/y/{q}", methods = {"PUT"}}}},
      "/x/{p}/z", "/x/y/{q}", "workers/a.lua", "workers/b.lua")
  end)

  it("that two types treat differently are refused, both named", function()
    refused({a = {{path = "/x", methods = {"GET"}, balance = "user"}}, b = {{path = "/x", methods = {"GET"}}}},
      "/x", "balance", "workers/a.lua", "workers/b.lua")
  end)

  it("with wrong fields are refused", function()
    refused({a = {{path = "x", methods = {"GET"}}}}, "workers/a.lua", "no path template")
    refused({a = {{path = "/x", methods = {"HEAD"}}}}, "HEAD")
    refused({a = {{path = "/x", methods = {"GET"}, balance = "moon"}}}, "/x")
    refused({a = {{path = "/x", methods = {"GET"}, fallbak = false}}}, "fallbak")
    refused({a = {{path = "/x", methods = {"GET"}, without = "a$b"}}}, "a$b")
    refused({a = {{methods = {"GET"}}}}, "path")
  end)
end)

describe("locations", function()
  local function paths(endpoints)
    local made, list = good(endpoints), {}
    for _, location in ipairs(locations.make(made).list) do
      list[#list + 1] = (location.exact and "= " or "^~ ") .. (location.exact or location.prefix)
      for _, inner in ipairs(location.nested) do list[#list + 1] = "  ~ " .. inner.expression end
    end
    return list
  end

  it("are exact or prefixes where they can, with the path that nginx would redirect beside each prefix", function()
    assert.same({"= /x", "= /y", "^~ /y/"}, paths {
      a = {{path = "/x", methods = {"GET"}}, {path = "/y/*", methods = {"GET"}}},
    })
  end)

  it("have one expression for all patterns below a prefix that go to the same place", function()
    assert.same({"= /r", "^~ /r/", "  ~ ^/r/[^/]+/(?:d/|(?:a|b\\.c)\\z)", "  ~ ^/r/[^/]+/e\\z"}, paths {
      a = {
        {path = "/r/{x}/{a|b.c}", methods = {"GET"}}, {path = "/r/{x}/d/*", methods = {"GET"}},
        {path = "/r/{x}/e", methods = {"PUT"}},
      },
    })
  end)

  it("let {name+} be any number of segments, below longer prefixes too", function()
    assert.same({"= /u", "^~ /u/", "  ~ ^/u/[^/]+(?:/[^/]+)*/m\\z", "= /u/k", "^~ /u/k/", "  ~ ^/u/k/[^/]+/m\\z",
      "  ~ ^/u/[^/]+(?:/[^/]+)*/m\\z"}, paths {
        a = {{path = "/u/{x+}/m", methods = {"GET"}}}, b = {{path = "/u/k/{y}/m", methods = {"PUT"}}},
      })
  end)

  it("of a longer prefix keep what wider patterns have to say there", function()
    assert.same({"= /r", "^~ /r/", "  ~ ^/r/[^/]+/[^/]+/", "= /r/k", "^~ /r/k/", "  ~ ^/r/k/[^/]+/z\\z",
      "  ~ ^/r/[^/]+/[^/]+/"}, paths {
        a = {{path = "/r/{x}/{y}/*", methods = {"GET"}}}, b = {{path = "/r/k/{y}/z", methods = {"PUT"}}},
      })
  end)

  it("join patterns over another that says something else only where the two have no path in common", function()
    assert.same({"= /r", "^~ /r/", "  ~ ^/r/[^/]+/a/b\\z", "  ~ ^/r/[^/]+/a/[^/]+\\z",
      "  ~ ^/r/[^/]+/(?:a/|c\\z)"}, paths {
        a = {{path = "/r/{x}/a/{y}", methods = {"GET"}}},
        b = {{path = "/r/{x}/a/b", methods = {"GET"}}, {path = "/r/{x}/a/*", methods = {"GET"}},
          {path = "/r/{x}/c", methods = {"GET"}}},
      })
  end)
end)

describe("a request's path", function()
  local cases = {
    ["/a/b"] = "/a/b", ["/a//b"] = "/a/b", ["/a/./b"] = "/a/b", ["/a/../b"] = "/b", ["/a/b/.."] = "/a/",
    ["/a/b/."] = "/a/b/", ["/a%2Fb"] = "/a/b", ["/a%2f%2e%2E/b"] = "/b", ["/%61?x=%zz"] = "/a", ["/a#b"] = "/a",
    ["/a%23b"] = "/a#b", ["/a%3Fb"] = "/a?b", ["/a%25b"] = "/a%b", ["/"] = "/", ["//"] = "/", ["/..."] = "/...",
    ["/a/"] = "/a/", ["/%C3%A4"] = "/\195\164",
  }
  for target, path in pairs(cases) do
    it(("%s is %s to nginx"):format(target, path), function() assert.equal(path, (request.parse(target))) end)
  end

  it("that nginx refuses is refused", function()
    for _, target in ipairs {"/..", "/a/../..", "/%", "/%4", "/%zz", "/%00", "x", "*", ""} do
      assert.is_nil((request.parse(target)), target)
    end
  end)

  it("has arguments behind it, found in any case, the first of each name", function()
    local _, arguments = request.parse "/a?Since=1&b=&since=2&c#d=3"
    assert.same({since = "1", b = ""}, arguments)
  end)
end)

describe("the lookup of a request", function()
  local _, route = good {
    a = {{path = "/x/{y}", methods = {"GET"}, balance = "room"}},
    b = {{path = "/z", methods = {"PUT"}, fallback = false}, {path = "/u", methods = {"POST"}, unbuffered = true}},
  }

  it("is a line of pool, types, balance, fallback and pattern", function()
    assert.equal("a.room\ta\troom\tmain\t/x/{y}", explain.line(route("GET", "/x/1")))
    assert.equal("b.alone\tb\t-\terror\t/z", explain.line(route("PUT", "/z")))
    assert.equal("b.alone\tb\t-\tmain\t/z", explain.line(route("OPTIONS", "/z")))
    assert.equal("b\tb\t-\terror\t/u", explain.line(route("POST", "/u")))
    assert.equal("main\t-\t-\tnone\t-", explain.line(route("GET", "/q")))
    assert.equal("none\t-\t-\tnone\t-", explain.line(route("GET", "/%")))
  end)

  it("is text for people", function()
    local text = explain.text(route("GET", "/x/1"))
    for _, part in ipairs {"a.room", "/x/{y}", "one room's requests go to one process", "then the main process"} do
      assert.is_truthy(text:find(part, 1, true), text)
    end
    assert.is_truthy(explain.text(route("GET", "/%")):find("nginx answers 400", 1, true))
    assert.is_truthy(explain.text(route("GET", "/q")):find("what no worker serves", 1, true))
  end)
end)

it("the configuration that the router's bench measures has a value for everything the template asks for", function()
  local text = fixture.configuration {directory = "/d", listen = "127.0.0.1:1", instances = fixture.instances "/d"}
  assert.truthy(text:find("upstream main {", 1, true))
end)
