local check = require "contract.check"
local contract = require "contract"
local cron = require "schedule.cron"
local fixture = require "plan_fixture"
local job_table = require "processes.job_table"
local named = require "schedule.named"
local record = require "schedule.record"
local runs = require "schedule.runs"
local zone = require "schedule.zone"

local HOUR = 3600

local function job(schedule, more)
  local made = {name = "backup", cron = schedule and cron.read(schedule), zone = zone.UTC, jitter_s = 0,
    missed = "skip"}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

describe("the state of a job", function()
  it("waits for its time, and has the next one after it", function()
    local hourly = job "0 * * * *"
    local state = runs.new(hourly, {}, 10, 0)
    assert.equal(HOUR, state.starts)
    local todo
    state, todo = runs.look(hourly, state, HOUR - 1, true, 0)
    assert.is_nil(todo)
    state, todo = runs.look(hourly, state, HOUR + 1, true, 0)
    assert.equal("start", todo)
    assert.equal(2 * HOUR, state.starts)
  end)

  it("is later by the jitter, and by no more", function()
    local hourly = job("0 * * * *", {jitter_s = 100})
    local state = runs.new(hourly, {}, 10, 70)
    assert.equal(HOUR + 70, state.starts)
    assert.is_nil(select(2, runs.look(hourly, state, HOUR + 69, true, 5)))
    local new, todo = runs.look(hourly, state, HOUR + 70, true, 5)
    assert.equal("start", todo)
    assert.equal(2 * HOUR + 5, new.starts)
  end)

  it("waits while jobs may not start, and then does not count as missed", function()
    local hourly = job "0 * * * *"
    local state, todo = runs.look(hourly, runs.new(hourly, {}, 10, 0), HOUR + 100, false, 0)
    assert.is_nil(todo)
    assert.equal("start", select(2, runs.look(hourly, state, HOUR + 200, true, 0)))
  end)

  it("leaves out a run while the last one still runs", function()
    local hourly = job "0 * * * *"
    local state = runs.began(runs.new(hourly, {}, 10, 0), 10, "request")
    local new, todo = runs.look(hourly, state, HOUR, true, 0)
    assert.equal("skipped", todo)
    assert.equal(1, new.counts.skipped)
    assert.equal(0, state.counts.skipped)
    assert.equal(2 * HOUR, new.starts)
  end)

  it("leaves out a run whose time passed long ago, or makes up for it once", function()
    local skips, once = job "0 * * * *", job("0 * * * *", {missed = "once"})
    local state, todo = runs.look(skips, runs.new(skips, {}, 10, 0), 5 * HOUR + 400, true, 0)
    assert.equal("skipped", todo)
    assert.equal(6 * HOUR, state.starts)
    state, todo = runs.look(once, runs.new(once, {}, 10, 0), 5 * HOUR + 400, true, 0)
    assert.equal("missed", todo)
    assert.equal(6 * HOUR, state.starts)
    assert.is_nil(select(2, runs.look(once, state, 5 * HOUR + 401, true, 0)))
  end)

  it("makes up for a run that was due while synlua did not run, only where it shall", function()
    local kept = {considered = 10}
    local once = job("0 * * * *", {missed = "once"})
    local state = runs.new(once, kept, 5 * HOUR + 1800, 30)
    assert.equal(5 * HOUR + 1830, state.starts)
    assert.equal("missed", select(2, runs.look(once, state, 5 * HOUR + 1830, true, 0)))
    assert.equal(6 * HOUR, runs.new(job "0 * * * *", kept, 5 * HOUR + 1800, 0).starts)
    assert.equal(6 * HOUR, runs.new(once, {}, 5 * HOUR + 1800, 0).starts) -- the first start of all
  end)

  it("does not wait a year because the clock was wrong by one", function()
    local hourly, year = job "0 * * * *", 365 * 24 * HOUR
    local state = runs.new(hourly, {}, year, 0)
    assert.equal(year + HOUR, state.starts)
    state = runs.look(hourly, state, 100, true, 0)
    assert.equal(HOUR, state.starts)
    assert.equal(HOUR, runs.new(job("0 * * * *", {missed = "once"}), {considered = year}, 100, 0).starts)
  end)

  it("runs on request alone without a schedule", function()
    local alone = job()
    local state = runs.new(alone, {}, 10, 0)
    assert.is_nil(state.starts)
    assert.is_nil(select(2, runs.look(alone, state, 10 * HOUR, true, 0)))
    assert.equal(60000, runs.wait({alone = state}, 10))
  end)

  it("keeps how the last runs ended, and when one last succeeded", function()
    local state = runs.new(job(), {}, 10, 0)
    for at = 1, runs.KEPT + 5 do
      state = runs.began(state, at * 100, "schedule")
      state = runs.ended(state, {seconds = 2.5, result = at < 10 and "success" or "failed", words = "exit status 1"})
    end
    assert.equal(runs.KEPT, #state.results)
    assert.equal((runs.KEPT + 5) * 100, state.results[runs.KEPT].at)
    assert.equal(902, state.last_success)
    assert.equal(9, state.counts.success)
    assert.is_nil(state.running)
  end)

  it("tells of a run during which synlua ended", function()
    local state = runs.began(runs.new(job(), {}, 10, 0), 50, "request")
    local later = runs.new(job(), record.of({jobs = {backup = runs.kept(state)}}, "backup"), 100, 0)
    assert.equal("interrupted", later.results[1].result)
    assert.equal(50, later.results[1].at)
    assert.is_nil(later.running)
  end)

  it("is looked at when the next one starts, and at least once a minute", function()
    assert.equal(7000, runs.wait({a = {starts = 107}, b = {starts = 900}, c = {}}, 100))
    assert.equal(60000, runs.wait({b = {starts = 900}}, 100))
    assert.equal(1000, runs.wait({a = {starts = 90}}, 100))
  end)
end)

describe("the record of jobs", function()
  it("is believed only where it has the right form", function()
    for _, bad in ipairs {false, 7, "x", {jobs = 3}, {jobs = {backup = 4}}, {jobs = {backup = {considered = "x",
      running = {at = "now"}, results = {{at = 1}, 7, {at = 1.5, seconds = 1, result = "success", words = "x"},
        {at = 1, seconds = 0 / 0, result = "success", words = "x"},
        {at = 1, seconds = 1, result = "odd", words = "x"}}}}},
      -- Times that cannot be written as a date.
      {jobs = {backup = {considered = math.mininteger, last_success = math.maxinteger, running = {at = -1},
        results = {{at = math.maxinteger, seconds = 1, result = "success", words = "x"}}}}}} do
      assert.same({results = {}}, record.of(bad, "backup"))
    end
    local many = {}
    for at = 1, 100 do many[at] = {at = at, seconds = 1, result = "success", words = "exit status 0"} end
    assert.equal(runs.KEPT, #record.of({jobs = {backup = {results = many}}}, "backup").results)
  end)
end)

local function problems_of(value)
  local list = {}
  for at, fault in ipairs(check.value(contract.schema "job", value)) do list[at] = fault.path .. ": " .. fault.what end
  return list
end

describe("the file of a job", function()
  it("is jobs/NAME.lua", function()
    assert.same({kind = "job", name = "nightly"}, contract.place "jobs/nightly.lua")
    assert.equal("jobs/nightly.lua", select(2, contract.place("job/nightly.lua", {})))
  end)

  it("is checked field by field, the schedule too", function()
    assert.same({}, problems_of {api = 2, schedule = "@daily", argv = {"/bin/true"}, missed = "once", jitter_s = 60,
      timezone = "America/Argentina/Buenos_Aires", enabled = function() end, limit_s = 5, nice = 19, ionice = "idle"})
    assert.same({"argv: is missing"}, problems_of {api = 2})
    assert.same({'argv: must begin with the absolute path of a program, but begins with "true"',
      'schedule: "0 25 * * *" has the hour 25, but it goes from 0 to 23',
      'timezone: must be the name of a time zone such as Europe/Berlin, but is "../../etc/passwd"',
      'missed: must be one of "skip", "once", but is "twice"'},
      problems_of {api = 2, schedule = "0 25 * * *", timezone = "../../etc/passwd", argv = {"true"}, missed = "twice"})
  end)
end)

-- A job as the catalog has it.
local function in_catalog(fields, enabled, why)
  return {
    timezone = fields.timezone, where = function(field) return "jobs/own.lua:" .. field end,
    enabled = function() return enabled ~= false, why end, computed = function() return fields end,
    user_of = function(view) return view.users.synapse end,
  }
end

local function planned(fields, options)
  options = options or {}
  options.jobs = {own = in_catalog(fields)}
  local plan, problems, warnings = fixture.make(options)
  return plan and plan.jobs.own, problems, warnings, plan
end

describe("the plan of a job", function()
  it("has a process with its limits, which ends before any service", function()
    local one, problems, _, plan = planned {argv = {"/bin/true", "x"}, schedule = "0 1 * * sun", memory_mb = 100,
      ionice = "idle", environment = {A = 1}}
    assert.same({}, problems)
    assert.same({"/usr/bin/nice", "-n", "10", "/usr/bin/ionice", "-t", "-c", "3", "/usr/bin/prlimit",
      "--data=104857600", "--", "/bin/true", "x"}, one.process.argv)
    assert.equal("job.own", one.process.name)
    assert.same({991, 991, 0}, {one.process.uid, one.process.gid, one.process.capabilities})
    assert.equal("1", fixture.environment(one).A)
    for _, service in pairs(plan.services) do assert.is_true(service.process.stage < one.process.stage) end
    assert.equal("UTC", one.timezone)
    assert.same({3600, "skip", 0}, {one.limit_s, one.missed, one.jitter_s})
  end)

  it("refuses a schedule that never comes, and a time zone that there is not", function()
    local _, problems = planned {argv = {"/bin/true"}, schedule = "0 0 31 2 *"}
    assert.equal("jobs/own.lua:schedule", problems[1].where)
    assert.equal('schedule: "0 0 31 2 *" never comes', problems[1].what)
    _, problems = planned {argv = {"/bin/true"}, schedule = "@daily", timezone = "Europe/Berlyn"}
    assert.equal('timezone: there is no time zone "Europe/Berlyn"', problems[1].what)
  end)

  it("takes the time zone of TZ, in each form that it may have", function()
    local named_so = {environment = {TZ = "CET-1CEST,M3.5.0,M10.5.0/3"}}
    local one = planned({argv = {"/bin/true"}, schedule = "@daily"}, named_so)
    assert.equal(7200, zone.period(one.zone, 1785542400).offset)
    assert.equal("Europe/Berlin", named.name ":/usr/share/zoneinfo/Europe/Berlin")
    assert.equal(zone.UTC, named.zone("Etc/UTC", {}))
    local problems, warnings
    one, problems, warnings = planned({argv = {"/bin/true"}, schedule = "@daily"}, {environment = {TZ = "Nowhere"}})
    assert.same({}, problems)
    assert.equal(zone.UTC, one.zone)
    assert.is_truthy(warnings[#warnings].what:find('names the time zone "Nowhere"', 1, true))
  end)

  it("leaves out what is not enabled, with the reason", function()
    local plan = fixture.make {jobs = {own = in_catalog({argv = {"/bin/true"}}, false, "the database is SQLite")}}
    assert.same({}, plan.jobs)
    assert.same({own = "the database is SQLite"}, plan.jobs_off)
  end)
end)

describe("the state compressor", function()
  local compressor = require "jobs.compressor"

  local function view(environment, section)
    local made = fixture.run(fixture.input {environment = environment})
    return {settings = select(4, fixture.make {environment = environment}).settings, paths = made.paths,
      homeserver = {options = {database = section}}}
  end

  local POSTGRES = {name = "psycopg2", args = {host = "db", user = "u", password = "geheim", cp_min = 5}}

  it("is off by default, and where the database is SQLite", function()
    assert.same({false, "SYNAPSE_ENABLE_COMPRESSOR is not set", {}}, {compressor.enabled(view({}, POSTGRES))})
    local told = select(3, compressor.enabled(view({SYNAPSE_COMPRESSOR_CHUNKS = "7"}, POSTGRES)))
    assert.equal("SYNAPSE_COMPRESSOR_CHUNKS", told[1].where)
    local enabled, why, warnings = compressor.enabled(view({SYNAPSE_ENABLE_COMPRESSOR = "yes"},
      {name = "sqlite3", args = {}}))
    assert.same({false, "the database is SQLite"}, {enabled, why})
    assert.equal("SYNAPSE_ENABLE_COMPRESSOR", warnings[1].where)
    assert.is_true(compressor.enabled(view({SYNAPSE_ENABLE_COMPRESSOR = "yes"}, POSTGRES)))
  end)

  it("has its numbers as arguments and its connection in a secret file", function()
    local all = view({SYNAPSE_ENABLE_COMPRESSOR = "yes", SYNAPSE_COMPRESSOR_CHUNKS = "7",
      SYNAPSE_COMPRESSOR_LEVELS = "20, 10,5"}, POSTGRES)
    local argv = table.concat(compressor.argv(all), " ")
    assert.is_truthy(argv:find "/own/job.compressor/compress_state.py %S+/database.yaml 500 7 20,10,5$")
    assert.is_nil(argv:find("geheim", 1, true))
    local files = compressor.files(all, {text = function() return "" end, yaml = function(value) return value end})
    assert.same({host = "db", user = "u", password = "geheim"}, files[2].text)
    assert.is_true(files[2].secret)
    assert.equal("0 1 * * sun", compressor.schedule(all))
  end)

  it("takes the database of the store that has the state groups", function()
    local all = view({SYNAPSE_ENABLE_COMPRESSOR = "yes"})
    all.homeserver.options = {databases = {
      one = {name = "psycopg2", data_stores = {"main"}, args = {host = "one"}},
      two = {name = "psycopg2", data_stores = {"state"}, args = {host = "two"}}}}
    local files = compressor.files(all, {text = function() return "" end, yaml = function(value) return value end})
    assert.same({host = "two"}, files[2].text)
  end)

  it("has variables of kinds of their own", function()
    local kinds = require "settings.kinds"
    assert.equal("@daily", kinds.parse("@daily", {kind = "cron"}))
    assert.is_truthy(select(2, kinds.parse("0 25 * * *", {kind = "cron"})):find "hour 25")
    assert.equal("100,50", kinds.parse("100, 50", {kind = "levels"}))
    for _, bad in ipairs {"100,,50", "0,5", "a", "1,2,3,4,5,6,7,8,9,10,11", "100,", "5;6", "12345"} do
      assert.is_truthy(select(2, kinds.parse(bad, {kind = "levels"})), bad)
    end
  end)
end)

local function date(form, at) return os.date("!" .. form, at) end

describe("the list of jobs", function()
  local list = {
    {name = "backup", schedule = "@daily", timezone = "UTC", next = 86400,
      results = {{at = 60, seconds = 12.5, result = "failed", by = "schedule", words = "exit status 1",
        line = "no\27room"}}, counts = {}},
    {name = "report", timezone = "UTC", results = {}, counts = {}},
    {name = "sweep", schedule = "@hourly", timezone = "UTC", results = {{at = 7, seconds = 1, result = "success",
      by = "request", words = "exit status 0"}}, running = {at = 95, by = "schedule", pid = 7}, counts = {}},
  }

  it("says when each runs next, and how its last run ended", function()
    assert.equal(table.concat({
      "JOB     SCHEDULE  TIME ZONE  NEXT              LAST RUN",
      "backup  @daily    UTC        1970-01-02 00:00  1970-01-01 00:01: exit status 1 after 12.5 s",
      "report  -         -          on request        -",
      "sweep   @hourly   UTC        runs for 5 s      1970-01-01 00:00: success in 1.00 s",
      "off: compressor (the database is SQLite)", "",
    }, "\n"), job_table.list(list, {compressor = "the database is SQLite"}, 100, date))
    assert.equal("there are no jobs\n", job_table.list({}, {}, 100, date))
  end)

  it("has a history in the order of time, of one job or of all", function()
    assert.equal(table.concat({
      "BEGAN                JOB     BY        END                         LAST LINE",
      "1970-01-01 00:00:07  sweep   request   success in 1.00 s",
      "1970-01-01 00:01:00  backup  schedule  exit status 1 after 12.5 s  no room", "",
    }, "\n"), job_table.history(job_table.runs(list), date))
    assert.equal(1, #job_table.runs(list, "backup"))
    assert.is_false(select(2, job_table.runs(list, "backups")))
    assert.equal("no job has run yet\n", job_table.history({}, date))
  end)
end)
