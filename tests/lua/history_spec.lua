local history = require "metrics.history"
local pools = require "metrics.pools"

local function look(at, services, counted) return {at = at, services = services or {}, pools = counted or {}} end

local function run(...)
  local past = history.new()
  for _, one in ipairs {...} do past = history.add(past, one) end
  return past
end

local function pool(count, ...)
  local buckets, bounds = {}, {0.1, 1, math.huge}
  for at, n in ipairs {...} do buckets[at] = {le = bounds[at], count = n} end
  return {count = count, buckets = buckets}
end

describe("the history of the last hour", function()
  it("gives the share of a processor and the memory of each minute", function()
    local past = run(look(0, {a = {cpu_s = 10, memory = 5}}), look(60000, {a = {cpu_s = 40, memory = 6}}),
      look(120000, {a = {cpu_s = 40, memory = 7}}))
    assert.same({0.5, 0.0}, history.values(past, "cpu", "a"))
    assert.same({6.0, 7.0}, history.values(past, "memory", "a"))
  end)

  it("says not known where a service was not there, or its counter began anew", function()
    local past = run(look(0), look(60000), look(120000, {a = {cpu_s = 30}}), look(180000, {a = {cpu_s = 4}}),
      look(240000, {a = {cpu_s = 10, memory = 3}}))
    assert.same({false, false, false, 3.0}, history.values(past, "memory", "a"))
    local cpu = history.values(past, "cpu", "a")
    assert.same({false, 0.5, false}, {cpu[1], cpu[2], cpu[3]})
    assert.is_true(math.abs(cpu[4] - 0.1) < 1e-6)
    assert.same({}, history.values(past, "cpu", "b"))
  end)

  it("keeps an hour and no more, and forgets what is gone", function()
    local past = history.new()
    for minute = 0, 200 do
      past = history.add(past, look(minute * 60000, {a = {cpu_s = minute, memory = minute},
        [minute < 100 and "gone" or "new"] = {cpu_s = 1, memory = 1}}))
    end
    local memory = history.values(past, "memory", "a")
    assert.same({60, 141.0, 200.0}, {#memory, memory[1], memory[60]})
    assert.same({}, history.values(past, "memory", "gone"))
    assert.equal(60, past.count)
  end)

  it("costs less than a megabyte, with as many services and pools as it takes", function()
    local function filled(services, counted)
      collectgarbage()
      collectgarbage()
      local before, past = collectgarbage "count", history.new()
      for minute = 0, 70 do
        local one = look(minute * 60000)
        for n = 1, services do one.services["service" .. n] = {cpu_s = minute * n, memory = n * 1e6} end
        for n = 1, counted do one.pools["pool" .. n] = pool(minute * n, n, minute * n, minute * n) end
        past = history.add(past, one)
      end
      collectgarbage()
      collectgarbage()
      local kilobytes = collectgarbage "count" - before
      assert.equal(60, past.count)
      return kilobytes
    end
    local fifty, most = filled(50, 20), filled(2000, 65)
    assert.is_true(fifty < 100, fifty .. " KB")
    assert.is_true(most < 1024, most .. " KB")
  end)

  it("gives requests a second and the time of 95 % by pool, between two looks", function()
    local past = run(look(0, {}, {p = pool(100, 50, 100, 100)}), look(60000, {}, {p = pool(220, 150, 220, 220)}))
    assert.same({2.0}, history.values(past, "rate", "p"))
    -- Of 120 requests 100 took no longer than 0.1 s and 20 more no longer than 1 s: the 114th is 14/20 of the way.
    local p95 = history.values(past, "p95", "p")[1]
    assert.is_true(math.abs(p95 - (0.1 + 0.9 * 14 / 20)) < 1e-6, p95)
  end)

  it("says no time of 95 % where there was no request, and the last bound where it took longer", function()
    local same = pool(10, 1, 2, 10)
    local past = run(look(0, {}, {p = same}), look(60000, {}, {p = same}), look(120000, {}, {p = pool(20, 1, 2, 20)}))
    assert.same({false, 1.0}, history.values(past, "p95", "p"))
  end)

  it("knows the present since the last look, and shortly after it what that look gave", function()
    local past = run(look(0, {a = {cpu_s = 0, memory = 1}}), look(60000, {a = {cpu_s = 30, memory = 2}}))
    local now = history.present(past, look(62000, {a = {cpu_s = 32, memory = 3}}))
    assert.same({0.5, 3}, {now.cpu.a, now.memory.a})
    now = history.present(past, look(64000, {a = {cpu_s = 31, memory = 4}}))
    assert.same({0.25, 4}, {now.cpu.a, now.memory.a})
    assert.same({}, history.present(history.new(), look(1, {a = {cpu_s = 3}})).cpu)
    assert.same({a = 0.5}, history.present(run(look(0)), look(6000, {a = {cpu_s = 3}})).cpu)
  end)

  it("does not take a look of the same moment", function()
    local past = run(look(5, {a = {cpu_s = 1}}), look(5, {a = {cpu_s = 2}}))
    assert.equal(0, past.count)
  end)
end)

describe("nginx's requests by pool", function()
  it("are read from a page of metrics", function()
    local text = table.concat({"# TYPE synlua_nginx_request_seconds histogram",
      'synlua_nginx_request_seconds_bucket{le="0.1",pool="synchrotron.user"} 3',
      'synlua_nginx_request_seconds_bucket{le="+Inf",pool="synchrotron.user"} 5',
      'synlua_nginx_request_seconds_bucket{pool="synchrotron.user",le="0.05"} 1',
      'synlua_nginx_request_seconds_sum{pool="synchrotron.user"} 1.5',
      'synlua_nginx_request_seconds_count{pool="synchrotron.user"} 5',
      'synlua_nginx_request_seconds_count{pool="a\\"b\\\\"} 7',
      'not_synlua_nginx_request_seconds_count{pool="c"} 9',
      'synlua_nginx_requests_total{method="GET",pool="main",route="/",status="2xx"} 9', ""}, "\n")
    assert.same({["synchrotron.user"] = {count = 5, buckets = {{le = 0.05, count = 1}, {le = 0.1, count = 3},
      {le = math.huge, count = 5}}}, ['a"b\\'] = {count = 7, buckets = {}}}, pools.read(text))
  end)

  it("are left out where they are not counted", function()
    assert.same({}, pools.read 'synlua_service_restarts_total{service="nginx"} 0\n')
    assert.same({}, pools.read "")
  end)
end)
