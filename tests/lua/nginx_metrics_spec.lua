-- What was counted of nginx's access lines, as metrics; and how many lines are missing.

local exposition = require "metrics.exposition"
local named = require "files.nginx.named"
local nginx = require "metrics.nginx"

local BOUNDS = {1, 5, 2500}

local function times(...)
  local list = {...}
  list.sum_ms = 1234
  return list
end

local function pool(name, request, upstream)
  return {name = name, request = request, upstream = upstream, connect = times(0, 0, 0, 0), sent = 7, received = 8,
    retries = 9}
end

local function page(counts, lost)
  counts.bounds_ms, counts.malformed = BOUNDS, 3
  return exposition.text(nginx.families(counts, lost or 0))
end

describe("the metrics of nginx's requests", function()
  it("are requests by method, status, pool and route", function()
    local text = page {pools = {}, series = {
      {method = "GET", class = 2, pool = "main", route = "/a/{b|c}", count = 5},
      {method = "-", class = 0, pool = "synlua", route = "other", count = 1}}}
    assert.truthy(text:find('synlua_nginx_requests_total{method="GET",pool="main",route="/a/{b|c}",status="2xx"} 5\n',
      1, true), text)
    assert.truthy(text:find('{method="other",pool="synlua",route="other",status="none"} 1\n', 1, true), text)
    assert.truthy(text:find("synlua_nginx_lines_malformed_total 3\n", 1, true), text)
  end)

  it("have histograms whose buckets add up, in the order of their bounds", function()
    local text = page {series = {}, pools = {pool("main", times(1, 0, 2, 4), times(0, 0, 1, 0))}}
    assert.truthy(text:find([[
# TYPE synlua_nginx_request_seconds histogram
synlua_nginx_request_seconds_bucket{le="0.001",pool="main"} 1
synlua_nginx_request_seconds_bucket{le="0.005",pool="main"} 1
synlua_nginx_request_seconds_bucket{le="2.5",pool="main"} 3
synlua_nginx_request_seconds_bucket{le="+Inf",pool="main"} 7
synlua_nginx_request_seconds_sum{pool="main"} 1.234
synlua_nginx_request_seconds_count{pool="main"} 7
]], 1, true), text)
    assert.truthy(text:find('synlua_nginx_upstream_seconds_count{pool="main"} 1\n', 1, true), text)
    assert.falsy(text:find("synlua_nginx_connect_seconds", 1, true))
    assert.truthy(text:find('synlua_nginx_retries_total{pool="main"} 9\n', 1, true), text)
  end)

  it("leave out a pool without a request", function()
    local text = page {series = {}, pools = {pool("main", times(0, 0, 0, 0), times(0, 0, 0, 0))}}
    assert.falsy(text:find("main", 1, true), text)
  end)
end)

describe("lines that nginx wrote and that did not come", function()
  local seen

  local function look(at, requests, lines, more)
    local now = {pid = 1, requests = requests, open = 0, lines = lines, at = at * 1000}
    for name, value in pairs(more or {}) do now[name] = value end
    seen = nginx.look(seen, now)
    return seen.lost
  end

  before_each(function() seen = nginx.new() end)

  it("are read from what nginx says of itself", function()
    local said = "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\nActive connections: 2 \n"
      .. "server accepts handled requests\n 16 16 31 \nReading: 1 Writing: 2 Waiting: 5 \n"
    assert.same({31, 3}, {nginx.read(said)})
    assert.is_nil(nginx.read "HTTP/1.1 200 OK\r\n\r\n")
    assert.is_nil(nginx.read "")
  end)

  it("are no lines that still lie in nginx's buffer", function()
    assert.equal(0, look(0, 100, 60))
    assert.equal(0, look(1, 110, 60))
    assert.equal(0, look(15, 200, 110))
  end)

  it("count once they had the time to come, and never go back", function()
    look(0, 100, 90)
    assert.equal(10, look(15, 100, 90))
    assert.equal(10, look(30, 200, 190))
    assert.equal(10, look(45, 200, 190))
    assert.equal(10, look(60, 200, 300))
  end)

  it("are not those of requests that have no answer yet", function()
    look(0, 100, 90, {open = 10})
    assert.equal(0, look(15, 100, 90, {open = 10}))
    assert.equal(0, look(30, 100, 100))
  end)

  it("go on counting with the next nginx, of whose first lines none counts as lost", function()
    look(0, 100, 90)
    assert.equal(10, look(15, 100, 90))
    assert.equal(10, look(30, 50, 120, {pid = 2}))
    assert.equal(10, look(45, 60, 130, {pid = 2}))
    assert.equal(10, look(60, 80, 140, {pid = 2}))
    assert.equal(20, look(75, 80, 140, {pid = 2}))
  end)
end)

describe("the name of a route", function()
  it("is its template, and nothing where there is no route", function()
    assert.equal("/_matrix/client/{r0|v3}/sync", named.route {"/_matrix/client/{r0|v3}/sync"})
    assert.is_false(named.route {})
  end)

  it("is one template for several that share a location", function()
    assert.equal("/_matrix/{r0|v3}/rooms/{room}/{event/*|members}", named.route {
      "/_matrix/{r0|v3}/rooms/{room}/members",
      "/_matrix/{r0|v3}/rooms/{room}/event/*", "/_matrix/{r0|v3}/rooms/{room}/members"})
    assert.equal("/a/{{r0|v3}/x|{v1|v3}/x}", named.route {"/a/{r0|v3}/x", "/a/{v1|v3}/x"})
  end)

  it("fits into a line", function()
    local name = named.route {"/" .. ("x"):rep(300)}
    assert.equal(190, #name)
    assert.equal("...", name:sub(-3))
  end)
end)
