local columns = require "cli.top.columns"
local state = require "cli.top.state"
local view = require "cli.top.view"

local function status(name, more)
  local made = {name = name, state = "ready", shown = "ready", since_ms = 60000, restarts = 0, pid = 7, exits = {},
    usage = {cpu_s = 1.0, rss = 5e6, pss = 4e6}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function answer(services, more)
  local made = {server_name = "example.org", up_ms = 5000, services = services or {status "a", status "b", status "c"}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local BESIDE = {health = {state = "healthy", text = "healthy: 3 of 3"}, at = 1000, certificate_ends = 1000 + 86400 * 9,
  database = {name = "SQLite", bytes = 2e6}, warnings = {{where = "X", what = "is odd", hint = "mend it"}},
  events = {{event = "exited", service = "b", words = "killed by SIGKILL", cause = "killed", at = 940}},
  rate = {main = 2.5}, p95 = {main = 0.04}, series = {cpu = {a = {0.1, 0.2}}, rate = {main = {1, 2}}, p95 = {}}}

local function begun(services, beside)
  local shown = state.answered(state.new(), answer(services), 1000)
  return beside and state.besides(shown, beside) or shown
end

local function press(shown, ...)
  local action
  for _, key in ipairs {...} do shown, action = state.key(shown, key, 10) end
  return shown, action
end

local function names(shown)
  local list = {}
  for at, one in ipairs(state.services(shown)) do list[at] = one.name end
  return table.concat(list, " ")
end

-- The rows of a screen, as they look; the last piece wins.
local function screen(shown, width, rows)
  local cells = {}
  for row = 0, rows - 1 do cells[row] = {} end
  for _, piece in ipairs(view.pieces(shown, {rows = rows, columns = width})) do
    local at = piece[2]
    assert(piece[1] >= 0 and piece[1] < rows and at >= 0, "outside")
    assert(({plain = 1, bold = 1, head = 1, muted = 1, good = 1, busy = 1, bad = 1})[piece[4]], piece[4])
    for _, code in utf8.codes(piece[3]) do
      assert(at < width, piece[3])
      cells[piece[1]][at + 1], at = utf8.char(code), at + 1
    end
  end
  local lines = {}
  for row = 0, rows - 1 do
    local parts = {}
    for at = 1, width do parts[at] = cells[row][at] or " " end
    lines[row + 1] = table.concat(parts):gsub(" +$", "")
  end
  return lines, table.concat(lines, "\n")
end

local function job(name, more)
  local made = {name = name, timezone = "UTC", results = {}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function ended(result, words, line)
  return {{at = 3600, seconds = 12.3, result = result, by = "schedule", words = words, line = line}}
end

local JOBS = {
  job("backup", {next = 86400 + 3 * 3600, results = ended("success", "exit status 0", "all is there")}),
  job("compressor", {running = {at = 7000, by = "request", pid = 7}}),
  job("failing", {results = ended("failed", "exit status 3", "the disk is full")}),
  job("report-of-all-rooms-that-somebody-has-left", {results = ended("stopped", "stopped (killed by SIGTERM)")}),
}

describe("synlua top", function()
  it("shows jobs: when each runs next, or for how long it has run, and how the last run ended", function()
    local function date(form, at) return os.date("!" .. form, at) end
    local shown = state.answered(state.new(date), answer(nil, {jobs = JOBS}), 1000, 7200)
    shown = press(shown, "tab")
    assert.equal("jobs", shown.view)
    local lines = screen(shown, 80, 24)
    assert.same({
      "JOB                       NEXT              LAST RUN",
      "backup                    1970-01-02 03:00  1970-01-01 01:00  success in 12.3 s",
      "compressor                runs for 3 min    -",
      "failing                   on request        1970-01-01 01:00  exit status 3 aft…",
      "report-of-all-rooms-tha…  on request        1970-01-01 01:00  stopped (killed b…",
    }, {table.unpack(lines, 4, 8)})
    assert.equal("q quit  tab more  ? help", lines[24])
    lines = screen(shown, 200, 60)
    assert.same({
      "JOB                                         NEXT              LAST RUN",
      "failing                                     on request        1970-01-01 01:00  exit status 3 after 12.3 s: "
        .. "the disk is full",
    }, {lines[4], lines[7]})
    assert.equal("events", press(shown, "tab").view)
    assert.equal("events", press(state.answered(shown, answer(), 3000, 7202), "tab", "tab").view)
    local many = {}
    for at = 1, 40 do many[at] = job("j" .. at) end
    shown = state.answered(shown, answer(nil, {jobs = many}), 5000, 7204)
    assert.equal("and 23 more: synlua job list", screen(shown, 80, 24)[22])
  end)

  it("works out the share of a processor between two answers of the same process", function()
    local shown = begun()
    local later = answer {status("a", {usage = {cpu_s = 2.0}}), status("b", {pid = 8, usage = {cpu_s = 9.0}}),
      status("c", {usage = false})}
    shown = state.answered(shown, later, 3000)
    assert.same({a = 0.5}, shown.cpu)
  end)

  it("sorts by what a key says, the largest first, and by name", function()
    local shown = begun {status("a", {usage = {cpu_s = 1, rss = 5}}), status("b", {restarts = 3, usage = {cpu_s = 1,
      rss = 9}}), status("c", {state = "backoff",
      usage = false}), status("d", {state = "starting", usage = {cpu_s = 1, rss = 7}})}
    assert.equal("a b c d", names(shown))
    assert.equal("b d a c", names(press(shown, "m")))
    assert.equal("b a c d", names(press(shown, "t")))
    assert.equal("c d a b", names(press(shown, "s")))
    assert.equal("a b c d", names(press(shown, "s", "n")))
  end)

  it("keeps numbered services in the order in which a person counts", function()
    local shown = begun {status "a1", status "a2", status "a10"}
    assert.equal("a1 a2 a10", names(shown))
    assert.equal("a1 a2 a10", names(press(shown, "t")))
  end)

  it("keeps the choice of a service while the order changes, and at the ends", function()
    local shown = press(begun(), "down")
    assert.equal("b", shown.selected)
    assert.equal("c", press(shown, "end").selected)
    assert.equal("c", press(shown, "page down", "down").selected)
    assert.equal("a", press(shown, "home", "up").selected)
    shown = state.answered(shown, answer {status("b", {usage = {cpu_s = 5.0}}), status "a"}, 2000)
    assert.equal("b", press(shown, "c").selected)
    assert.equal("a", state.answered(shown, answer {status "a"}, 3000).selected)
  end)

  it("restarts a service after a question, and nothing without a y", function()
    local shown, action = press(begun(), "down", "r")
    assert.is_nil(action)
    assert.matches("restart b%? y: yes", select(2, screen(shown, 80, 24)))
    assert.is_nil(select(2, press(shown, "n")))
    assert.is_nil(select(2, press(shown, "r")))
    shown, action = press(shown, "y")
    assert.same({verb = "restart", name = "b"}, action)
    assert.matches("restarting b", select(2, screen(shown, 80, 24)))
    assert.is_nil(press(shown, "down").message)
  end)

  it("follows a log, scrolls it back, and stays there while new lines come", function()
    local shown, action = press(begun(), "l")
    assert.same({verb = "log", name = "a"}, action)
    for n = 1, 100 do shown = state.logged(shown, "line " .. n) end
    local _, text = screen(shown, 80, 24)
    assert.matches("LOG OF a\n.*line 83\n.*line 100\n", text)
    shown = state.logged(press(shown, "page up"), "line 101")
    _, text = screen(shown, 80, 24)
    assert.matches("11 lines back.*line 90\n", text)
    assert.is_nil(text:find("line 91", 1, true))
    assert.equal(0, press(shown, "end").back)
    shown, action = press(shown, "q")
    assert.same({"services", {verb = "close"}, nil}, {shown.view, action, shown.log})
    assert.same({verb = "quit"}, select(2, press(shown, "q")))
    assert.same({verb = "quit"}, select(2, press(press(shown, "l"), "interrupt")))
  end)

  it("folds long lines of a log, so that their ends are seen", function()
    local shown = state.logged(press(begun(), "l"), ("ä"):rep(100) .. " the end")
    local lines = screen(shown, 80, 24)
    assert.same({("ä"):rep(80), ("ä"):rep(20) .. " the end"}, {lines[5], lines[6]})
    for n = 1, 30 do shown = state.logged(shown, n .. ("x"):rep(200)) end
    screen(shown, 80, 24)
  end)

  it("keeps the last thousand lines of a log", function()
    local shown = press(begun(), "l")
    for n = 1, 1200 do shown = state.logged(shown, tostring(n)) end
    assert.same({1000, "201", "1200"}, {#shown.log.lines, shown.log.lines[1], shown.log.lines[1000]})
  end)

  it("shows in 80 columns and 24 rows who runs, in which state, and why", function()
    local shown = begun({status("synapse", {note = "starts again in 2 s", state = "backoff", shown = "backoff",
      last_exit = {words = "killed by SIGKILL", cause = "SIGKILL", signal = "SIGKILL", ago_ms = 3000}}),
      status "nginx"}, BESIDE)
    local lines, text = screen(press(shown, "s", "home"), 80, 24)
    assert.matches("^example.org  healthy: 3 of 3 +up 5 s$", lines[1])
    assert.matches("memory 8.0 MB  2.5/s requests  SQLite 2.0 MB  TLS 9 days  1 warning$", lines[2])
    assert.matches("^SERVICE +STATE +SINCE +CPU +MEMORY +RESTARTS$", lines[4])
    assert.matches("^synapse +backoff +1 min +%- +4.0 MB +0$", lines[5])
    assert.matches("synapse: starts again in 2 s; last exit: killed by SIGKILL, 3 s ago", text, 1, true)
    assert.matches("q quit", lines[24])
  end)

  it("shows more where there is room", function()
    local lines = screen(begun({status("a", {note = "does not answer"})}, BESIDE), 200, 60)
    assert.matches("LAST HOUR +WHY$", lines[4])
    assert.matches("█ +does not answer$", lines[5])
  end)

  it("shows the chosen one of fifty services, in every size", function()
    local services = {}
    for n = 1, 50 do services[n] = status(("worker_%02d"):format(n)) end
    local shown = press(begun(services, BESIDE), "end", "up", "up")
    for _, size in ipairs {{80, 24}, {200, 60}, {100, 24}, {120, 30}} do
      assert.matches("\nworker_48 ", select(2, screen(shown, size[1], size[2])))
    end
    for _, size in ipairs {{20, 8}, {5, 3}, {1, 1}} do
      assert.is_true(#view.pieces(shown, {columns = size[1], rows = size[2]}) > 0)
    end
  end)

  it("leads by tab to pools, where requests are counted, and to warnings and events", function()
    local shown = press(begun(nil, BESIDE), "tab")
    assert.matches("POOL +REQUESTS +95 %% WITHIN\nmain +2.5/s +40 ms", select(2, screen(shown, 80, 24)))
    shown = press(shown, "tab")
    assert.matches("X: is odd %(mend it%)\n +1 min ago  b exited: killed by SIGKILL\n",
      select(2, screen(shown, 80, 24)))
    assert.equal("services", press(shown, "tab").view)
    assert.equal("events", press(begun(), "tab").view)
    assert.matches("follow the log", select(2, screen(press(shown, "?"), 80, 24)))
  end)

  it("draws a series as bars, and a part of which nothing is known as a gap", function()
    local values = {}
    for n = 1, 60 do values[n] = (n > 30 or n <= 3) and 1 end
    assert.equal("█" .. (" "):rep(9) .. ("█"):rep(10), columns.spark(values, 20))
    assert.equal((" "):rep(19) .. "█", columns.spark({2}, 20))
    assert.equal((" "):rep(19) .. "▁", columns.spark({0.001}, 20, 0.05))
    assert.equal("", columns.spark({}, 20))
    assert.equal("", columns.spark(nil, 20))
  end)
end)
