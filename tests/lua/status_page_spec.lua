local fixture = require "plan_fixture"
local health = require "processes.health"
local history = require "metrics.history"
local rows = require "metrics.status_rows"
local space = require "plan.process.space"
local sparkline = require "metrics.sparkline"
local status_page = require "metrics.status_page"
local words = require "processes.words"

local NASTY = [[<script>alert(1)</script>"'&]] .. "\27[2J\xFF\0\u{FFFE}\u{FFFF}"

local function status(name, more)
  local made = {name = name, state = "ready", shown = "ready", since_ms = 60000, restarts = 0, failures = 0,
    essential = true, was_ready = true, exits = {}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function overview(more)
  local services = more and more.services or {status "nginx", status "synapse"}
  local made = {server_name = "example.org", version = "1", at = 1000000, up_ms = 5000, services = services,
    health = health.judge(services, {}), now = {cpu = {}, memory = {}, rate = {}, p95 = {}}, history = history.new(),
    database = {name = "SQLite"}, events = {}, warnings = {}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function html(more) return status_page.html(overview(more), os.date) end

local function has(text, ...)
  for _, part in ipairs {...} do assert.is_truthy(text:find(part, 1, true), ("no %s in %s"):format(part, text)) end
end

-- After so many minutes: a service with half a processor, and a pool with two requests a second.
local function after(minutes)
  local past = history.new()
  for minute = 0, minutes do
    past = history.add(past, {at = minute * 60000, services = {synapse = {cpu_s = minute * 30, memory = 1e8}},
      pools = {main = {count = minute * 120, buckets = {{le = 0.1, count = minute * 120}, {le = math.huge,
        count = minute * 120}}}}})
  end
  return past
end

describe("the status page", function()
  it("shows each service with its state, since when, and why", function()
    local text = html {services = {
      status("synapse", {state = "starting", shown = "migrating", note = "Applying schema deltas for v90"}),
      status("sync1", {state = "backoff", shown = "backoff", note = "starts again in 2.00 s", restarts = 4,
        last_exit = {cause = "out of memory", words = "killed by SIGKILL", ago_ms = 2000}}),
      status("nginx", {unhealthy = true, shown = "unhealthy", note = "does not answer"})}}
    has(text, 'class="state busy">migrating', "Applying schema deltas for v90", 'class="state bad">backoff',
      "starts again in 2.00 s", "last exit: killed by SIGKILL (out of memory), 2 s ago", 'class="state bad">unhealthy',
      "does not answer", "0 of 3", "for 1 min", 'data-name="Restarts" role="cell">4<')
  end)

  it("shows what services and pools use now, and lines of the last hour", function()
    local past = after(5)
    local now = history.present(past, {at = 305000, services = {synapse = {cpu_s = 151, memory = 1.2e8}},
      pools = {main = {count = 610, buckets = {{le = 0.1, count = 610}, {le = math.huge, count = 610}}}}})
    local text = html {history = past, now = now, services = {status "synapse"}}
    has(text, ">20 %<", ">120 MB<", ">main</th>", ">2.0/s<", ">95 ms<", "CPU of the last hour, at most 50 %",
      "95 % of requests in the last hour, within 95 ms at most", "The lines show the last hour")
    assert.is_nil(html {history = after(1)}:find("The lines show", 1, true))
  end)

  it("leaves out pools where nginx's requests are not counted, and what is not known", function()
    local text = html()
    for _, part in ipairs {"Requests", "Certificate", "Warnings", "class=\"spark\""} do
      assert.is_nil(text:find(part, 1, true), part)
    end
    has(text, ">SQLite<", "None since the start.", ">–<")
  end)

  it("shows the end of the certificate, the size of the database, and warnings of the start", function()
    local text = html {certificate = {path = "/c", from = 0, until_ = 1000000 + 86400 * 20 + 5},
      database = {name = "PostgreSQL", bytes = 3400000000}, warnings = {{where = "A", what = "is odd", hint = "mend"}}}
    has(text, "ends in 20 days", "3.4 GB", "<strong>A</strong>: is odd", "mend")
    has(html {certificate = {path = "/c", from = 0, until_ = 1000000 + 86400 + 5}}, 'class="busy">ends in 1 day<')
    has(html {certificate = {path = "/c", from = 0, until_ = 999999}}, 'class="bad">has ended<')
  end)

  it("shows the last faults, the newest first, and no end on request", function()
    local text = html {events = {
      {event = "exited", service = "a", words = "exit status 1", cause = "status 1", at = 10, line = "no room"},
      {event = "ready", service = "a", at = 11},
      {event = "exited", service = "b", words = "killed by SIGTERM", cause = "stopped", at = 12},
      {event = "failed", service = "c", words = "exit status 2", at = 13},
      {event = "reloaded", service = "nginx", ok = false, words = "bad file", at = 14}}}
    has(text, "<strong>a</strong>: exit status 1", "no room", "<strong>c</strong>: has failed for good: exit status 2",
      "<strong>nginx</strong>: not reloaded: bad file")
    assert.is_nil(text:find("killed by SIGTERM", 1, true))
    assert.is_true(text:find("<strong>c<", 1, true) < text:find("<strong>a<", 1, true))
  end)

  it("runs and loads nothing, whatever values hold", function()
    local text = html {server_name = NASTY, services = {status(NASTY, {note = NASTY, state = "starting"})},
      warnings = {{where = NASTY, what = NASTY, hint = NASTY}}, database = {name = NASTY},
      events = {{event = "exited", service = NASTY, words = NASTY, line = NASTY}}}
    for _, part in ipairs {"<script", "\27", "\xFF", "src=", "href=", "http://", "https://", "url("} do
      assert.is_nil(text:find(part, 1, true), part)
    end
    has(text, "default-src &#39;none&#39;", "&lt;script&gt;")
  end)
end)

describe("a small line", function()
  local OPTIONS = {slots = 60, least = 1, says = "at most %s"}

  it("is left out where fewer than two values are known", function()
    assert.is_nil(sparkline.draw({}, OPTIONS, tostring))
    assert.is_nil(sparkline.draw({false, 3.0, false}, OPTIONS, tostring))
  end)

  it("has a gap where nothing is known, and stays inside", function()
    local markup = sparkline.draw({1.0, 2.0, false, 4.0, 0.0, false, 3.0}, OPTIONS, tostring).markup
    local path = markup:match ' d="([^"]*)"'
    assert.equal(3, select(2, path:gsub("M", "")))
    for x, y in path:gmatch "([%d.]+) ([%d.]+)" do
      assert.is_true(tonumber(x) >= 0 and tonumber(x) <= 120 and tonumber(y) >= 0 and tonumber(y) <= 24, x .. " " .. y)
    end
    assert.is_truthy(markup:find('aria-label="at most 4.0"', 1, true))
  end)
end)

describe("figures", function()
  it("are short, with their unit", function()
    assert.same({"0.3 %", "10 %", "140 %"}, {rows.share(0.003), rows.share(0.0999), rows.share(1.4)})
    assert.same({"0.0/s", "0.02/s", "3.5/s", "1200/s"}, {rows.rate(0.0), rows.rate(0.02), rows.rate(3.5),
      rows.rate(1200)})
    assert.same({"8 ms", "999 ms", "1.0 s", "12 s"}, {rows.time(0.008), rows.time(0.9994), rows.time(0.9999),
      rows.time(12)})
    assert.same({"812 B", "1.2 MB", "34 GB"}, {words.size(812), words.size(1.2e6), words.size(3.4e10)})
    assert.same({"59 s", "12 min", "3 h 2 min", "4 days"}, {words.age(59999), words.age(720000), words.age(10920000),
      words.age(345600000)})
  end)
end)

describe("the files of the database", function()
  local function of(types, environment)
    local given = {SYNAPSE_WORKER_TYPES = types}
    for name, value in pairs(environment or {}) do given[name] = value end
    local input = fixture.input {environment = given, store = {sqlite_named = "/data/homeserver.db"}}
    local _, _, _, view = fixture.run(input)
    return space.of_database(view)
  end

  it("are known of SQLite and of the built-in PostgreSQL, and not of a server outside", function()
    assert.same({name = "SQLite", base = "/data", files = {"homeserver.db", "homeserver.db-wal", "homeserver.db-shm",
      "homeserver.db-journal"}}, of "")
    assert.same({name = "PostgreSQL", base = "/data", path = "postgres", depth = 3}, of "pusher")
    assert.same({name = "PostgreSQL outside"}, of("", {POSTGRES_HOST = "db", POSTGRES_PASSWORD = "x"}))
  end)
end)

describe("the jobs on the status page", function()
  it("are shown with their schedule, their next and their last run, whatever a line holds", function()
    local text = html {jobs = {
      {name = "backup", schedule = "@daily", timezone = "Europe/Berlin", next = 1036800, results = {{at = 86400,
        seconds = 3, result = "failed", by = "schedule", words = "exit status 1", line = NASTY}}, counts = {}},
      {name = "sweep", timezone = "UTC", results = {}, counts = {}, running = {at = 999995, by = "request", pid = 1}}}}
    has(text, "<h2>Jobs</h2>", "@daily (Europe/Berlin)", "1970-01-13 00:00 UTC", 'class="state bad">exit status 1',
      "1970-01-02 00:00 UTC", "&lt;script&gt;", "on request", "runs for 5 s", "none yet")
    assert.is_nil(text:find("<script", 1, true))
  end)

  it("have no section where there are none", function()
    assert.is_nil(html({jobs = {}}):find("Jobs", 1, true))
  end)
end)
