local exposition = require "metrics.exposition"
local families = require "metrics.families"
local machine = require "processes.machine"
local meter = require "metrics.meter"

local function status(name, fields)
  local made = {name = name, state = "ready", pid = 10, restarts = 0, exits = {}}
  for field, value in pairs(fields or {}) do made[field] = value end
  return made
end

local function facts(fields)
  local made = {services = {}, usage = {}, pss = {}, counts = {}, seen = meter.new(),
    own = {cpu_s = 1.5, rss = 4096, fds = 20}, own_pss = 2048, build = {version = "1", lua = "5.4.4", libuv = "1.44"},
    started = 1700000000}
  for field, value in pairs(fields or {}) do made[field] = value end
  return made
end

local function page(fields) return exposition.text(families.make(facts(fields))) end

-- The value of one line of the page.
local function value(text, series)
  for line in text:gmatch "[^\n]+" do
    if line:sub(1, #series + 1) == series .. " " then return line:sub(#series + 2) end
  end
end

describe("the metrics", function()
  it("give every state of every service, and one of them is 1", function()
    for _, state in ipairs(machine.STATES) do
      local text = page {services = {status("main", {state = state})}}
      for _, other in ipairs(machine.STATES) do
        assert.equal(other == state and "1" or "0",
          value(text, ('synlua_service_state{service="main",state="%s"}'):format(other)))
      end
    end
  end)

  it("give the events and the usage of a service", function()
    local services = {status("main", {restarts = 3, ready_after_ms = 1250, exits = {SIGKILL = 2, ["status 1"] = 1}})}
    local usage = {main = {cpu_s = 2.25, rss = 1000, fds = 7, threads = 9, processes = 2}}
    local text = page {services = services, usage = usage, pss = {main = 800}, seen = meter.look(meter.new(), services,
      usage), counts = {main = {lines = 4, bytes = 99, dropped = 1}}}
    local expected = {
      synlua_service_restarts_total = "3", synlua_service_start_to_ready_seconds = "1.25",
      synlua_service_cpu_seconds_total = "2.25", synlua_service_resident_memory_bytes = "1000",
      synlua_service_proportional_memory_bytes = "800", synlua_service_open_fds = "7",
      synlua_service_threads = "9", synlua_service_processes = "2", synlua_service_log_lines_total = "4",
      synlua_service_log_bytes_total = "99", synlua_service_log_dropped_lines_total = "1",
    }
    for name, wanted in pairs(expected) do assert.equal(wanted, value(text, name .. '{service="main"}'), name) end
    assert.equal("2", value(text, 'synlua_service_exits_total{cause="SIGKILL",service="main"}'))
    assert.equal("1", value(text, 'synlua_service_exits_total{cause="status 1",service="main"}'))
  end)

  it("say of each target whether somebody has stopped its process", function()
    local of = {{path = "/metrics", labels = {job = "synlua", index = "1", instance = "a", server_name = "b"}},
      {path = "/metrics/sync1", labels = {job = "sync", index = "1", instance = "a", server_name = "b"}}}
    for _, state in ipairs(machine.STATES) do
      local text = page {services = {status("sync1", {state = state})}, targets = of}
      assert.equal(state == "stopped" and "1" or "0", value(text, 'synlua_target_stopped{index="1",job="sync"}'))
      assert.is_nil(value(text, 'synlua_target_stopped{index="1",job="synlua"}'))
    end
    assert.is_nil(page({services = {status "sync1"}}):find("synlua_target_stopped{", 1, true))
  end)

  it("give the room that is left, and the end of the certificate", function()
    local text = page {disks = {{path = "/data", bytes = 5, files = 7}, {path = "/gone"}},
      certificate = {path = "/c.pem", from = 1, until_ = 1800000000}}
    assert.equal("5", value(text, 'synlua_disk_free_bytes{path="/data"}'))
    assert.equal("7", value(text, 'synlua_disk_free_files{path="/data"}'))
    assert.is_nil(text:find("/gone", 1, true))
    assert.equal("1800000000", value(text, 'synlua_certificate_end_timestamp_seconds{path="/c.pem"}'))
  end)

  it("leave out unknown values instead of giving 0", function()
    local down = {services = {status("main", {state = "backoff"})}, pss = {main = 5}}
    down.services[1].pid = nil
    local text = page(down)
    for _, name in ipairs {
      "resident_memory_bytes", "open_fds", "proportional_memory_bytes", "start_to_ready_seconds",
    } do
      assert.is_nil(text:find(name .. "{", 1, true), name)
    end
    assert.equal("0", value(text, 'synlua_service_cpu_seconds_total{service="main"}'))
    assert.is_nil(page({own = {cpu_s = 0, rss = 1}}):find "process_open_fds")
  end)

  it("include synlua itself", function()
    local text = page()
    for series, wanted in pairs {
      process_cpu_seconds_total = "1.5", process_resident_memory_bytes = "4096", process_open_fds = "20",
      process_start_time_seconds = "1700000000", synlua_start_time_seconds = "1700000000",
      synlua_proportional_memory_bytes = "2048", ['synlua_build_info{libuv="1.44",lua="5.4.4",version="1"}'] = "1",
    } do
      assert.equal(wanted, value(text, series), series)
    end
  end)

  it("are named as Prometheus wants them: counters end in _total, no other does", function()
    for _, family in ipairs(families.make(facts())) do
      assert.equal(family.type == "counter", family.name:match "_total$" ~= nil, family.name)
      assert.matches("^[%u%d].*%.$", family.help)
    end
  end)
end)

describe("the meter", function()
  local function looks(list)
    local seen, values = meter.new(), {}
    for at, item in ipairs(list) do
      seen = meter.look(seen, {status("a", {pid = item[1]})}, {a = item[2] and {cpu_s = item[2]}})
      values[at] = meter.cpu_s(seen, "a")
    end
    return values
  end

  it("adds the CPU time of the processes that have ended", function()
    assert.same({1.0, 3.0, 3.5, 4.0}, looks {{10, 1.0}, {10, 3.0}, {11, 0.5}, {11, 1.0}})
  end)

  it("keeps it while nothing runs", function()
    local seen = meter.look(meter.new(), {status "a"}, {a = {cpu_s = 2.0}})
    local stopped = status "a"
    stopped.pid = nil
    seen = meter.look(seen, {stopped}, {})
    assert.equal(2.0, meter.cpu_s(seen, "a"))
    seen = meter.look(seen, {status("a", {pid = 11})}, {})
    assert.equal(2.0, meter.cpu_s(seen, "a"), "it has gone between two looks")
    seen = meter.look(seen, {status("a", {pid = 12})}, {a = {cpu_s = 1.0}})
    assert.equal(3.0, meter.cpu_s(seen, "a"))
  end)

  it("never goes back, although a process whose time was counted has ended", function()
    assert.same({5.0, 5.0, 6.0}, looks {{10, 5.0}, {10, 4.0}, {10, 6.0}})
  end)

  it("goes on from no number for a service it has not seen", function()
    assert.equal(0.0, meter.cpu_s(meter.new(), "a"))
  end)

  it("keeps how long the last start took while the service is not ready", function()
    local seen = meter.look(meter.new(), {status("a", {ready_after_ms = 700})}, {})
    seen = meter.look(seen, {status("a", {state = "starting"})}, {})
    assert.equal(700, seen.ready_after.a)
    seen = meter.look(seen, {status("a", {ready_after_ms = 300})}, {})
    assert.equal(300, seen.ready_after.a)
  end)

  it("changes no memory that it was given", function()
    local before = meter.new()
    meter.look(before, {status("a", {ready_after_ms = 7})}, {a = {cpu_s = 1.0}})
    assert.same(meter.new(), before)
  end)
end)

describe("the metrics of jobs", function()
  local RESULT = {at = 100, seconds = 2.5, result = "failed", by = "schedule", words = "exit status 1"}

  it("say how the last run ended, when one succeeded, and how many there were", function()
    local counts = {success = 3, failed = 1, timeout = 0, stopped = 0, interrupted = 0, skipped = 2}
    local text = page {jobs = {{name = "backup", results = {RESULT}, counts = counts, last_success = 90},
      {name = "new", results = {}, counts = counts, running = {at = 1}}}}
    assert.equal("90", value(text, 'synlua_job_last_success_timestamp_seconds{name="backup"}'))
    assert.equal("2.5", value(text, 'synlua_job_last_duration_seconds{name="backup"}'))
    assert.equal("0", value(text, 'synlua_job_last_status{name="backup"}'))
    assert.equal("0", value(text, 'synlua_job_running{name="backup"}'))
    assert.equal("1", value(text, 'synlua_job_running{name="new"}'))
    assert.equal("3", value(text, 'synlua_job_runs_total{name="backup",result="success"}'))
    assert.equal("2", value(text, 'synlua_job_runs_total{name="backup",result="skipped"}'))
    assert.is_nil(value(text, 'synlua_job_last_status{name="new"}'))
  end)

  it("are left out where there are no jobs", function()
    assert.is_nil(page():find("synlua_job_", 1, true))
  end)
end)
