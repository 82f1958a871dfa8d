-- `synlua route`, and endpoints of the user's own.

local support = require "run.support"

local base

local function route(words, types, input)
  local command = ("printf '%%s' %s | env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no "
    .. "SYNLUA_USER_DIR=%s SYNAPSE_CONFIG_DIR=%s SYNAPSE_DATA_DIR=%s SYNAPSE_WORKER_TYPES=%s %s route %s 2>&1"):format(
    support.quote(input or ""), base .. "/user", base, base, support.quote(types or ""), support.quote(support.SYNLUA),
    words)
  return support.capture(command)
end

local MESSAGES = "/_matrix/client/v3/rooms/%21x/messages?dir=b"

describe("synlua route", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  it("sends everything to main where there are no workers", function()
    assert.is_truthy(route("GET " .. support.quote(MESSAGES)):find("^pool +main\n"))
  end)

  it("explains a request", function()
    local text, status = route("get " .. support.quote(MESSAGES), "client_reader:2")
    assert.equal(0, status)
    assert.is_truthy(text:find("client_reader_room%.room\n"), text)
    assert.is_truthy(text:find("/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/messages", 1, true), text)
  end)

  it("answers lines with lines", function()
    local text, status = route("-", "typing", "PUT /_matrix/client/v3/rooms/x/typing/y\n"
      .. "GET /_matrix/x\nGET /x\nGET /%\n")
    assert.equal(0, status)
    assert.equal("typing.alone\ttyping\t-\terror\t/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/typing/*\n"
      .. "main\t-\t-\tnone\t-\nclosed\t-\t-\tnone\t-\nnone\t-\t-\tnone\t-\n", text)
  end)

  it("refuses an invalid request with 64", function()
    assert.equal(64, select(2, route "GET"))
    assert.equal(64, select(2, route("-", "", "GET\n")))
  end)

  it("knows the endpoints of a type of the user's own", function()
    support.write(base .. "/user/workers/mine.lua", [[return {api = 2, doc = "Mine.", resources = {"client"},
      endpoints = {{path = "/_matrix/client/v3/mine/*", methods = {"GET"}}}}]])
    assert.equal("mine\tmine\t-\tmain\t/_matrix/client/v3/mine/*\n",
      route("- 2>/dev/null", "mine", "GET /_matrix/client/v3/mine/x\n"))
  end)

  it("names two endpoints that overlap, with 78", function()
    support.write(base .. "/user/workers/mine.lua", [[return {api = 2, doc = "Mine.", resources = {"client"},
      endpoints = {{path = "/_matrix/{client}/v3/rooms/x/typing/y", methods = {"GET"}}}}]])
    local text, status = route("GET /", "mine,typing")
    assert.equal(78, status)
    assert.is_truthy(text:find("workers/mine.lua", 1, true), text)
    assert.is_truthy(text:find("overlaps", 1, true), text)
    assert.is_truthy(text:find("/rooms/{room}/typing/*", 1, true), text)
  end)
end)
