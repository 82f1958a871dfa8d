local status_table = require "processes.status_table"

local function service(name, fields)
  local status = {name = name, state = "ready", pid = 4711, since_ms = 65000, restarts = 0}
  for key, value in pairs(fields or {}) do status[key] = value end
  status.shown = status.shown or status.state
  return status
end

local function text_of(services, fields)
  local answer = {server_name = "example.org", services = services, up_ms = 7300000, pid = 1}
  for key, value in pairs(fields or {}) do answer[key] = value end
  return status_table.format(answer)
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

describe("the table of services", function()
  it("shows everything, numbers to the right, notes below", function()
    assert.equal([[
example.org: 1 of 2 ready; up 2 h 1 min (pid 1)

SERVICE  STATE     PID  SINCE  RESTARTS     CPU  MEMORY  LAST EXIT
nginx    backoff     -    0 s        12       -       -  killed by SIGKILL, 2 min ago
    starts again in 0.50 s
synapse  ready    4711  1 min         0  83.2 s  118 MB
]], text_of {
      service("nginx", {state = "backoff", pid = false, since_ms = 300, restarts = 12, note = "starts again in 0.50 s",
        last_exit = {words = "killed by SIGKILL", cause = "SIGKILL", signal = "SIGKILL", ago_ms = 130000}}),
      service("synapse", {usage = {cpu_s = 83.2, rss = 200000000, pss = 118000000}}),
    })
  end)

  it("says in its head for how long all have been ready, or that everything stops", function()
    assert.equal("example.org: 2 of 2 ready for 1 min; up 2 h 1 min (pid 1)",
      lines_of(text_of {service "a", service("b", {since_ms = 400000})})[1])
    assert.equal("example.org: stopping; 0 of 0 ready; up 2 h 1 min (pid 1)",
      lines_of(text_of({}, {stopping = true}))[1])
  end)

  it("gives the last exit a cause only where that says more", function()
    local function exit(cause, words)
      local list = {service("a", {last_exit = {words = words, cause = cause, ago_ms = 172800000}})}
      return lines_of(text_of(list))[4]:match "0  +%-  +%-  (.*)$"
    end
    assert.equal("exit status 3, 2 days ago", exit("status 3", "exit status 3"))
    assert.equal("exit status 1 (configuration), 2 days ago", exit("configuration", "exit status 1"))
    assert.equal("on request, 2 days ago", exit("stopped", "killed by SIGTERM"))
  end)

  it("stays within the width of a terminal, whatever a service is called or wrote", function()
    local note = ("\u{e9}"):rep(300)
    local last = {words = ("x"):rep(80), cause = "c", ago_ms = 1}
    local text = text_of {service(("w"):rep(80), {note = note, last_exit = last})}
    for _, line in ipairs(lines_of(text)) do assert.is_true(utf8.len(line) <= 110, line) end
    assert.truthy(text:find "%.%.%.\n")
  end)

  it("is no wider than 80 columns where that is wanted: the last exit is below its service then", function()
    local answer = {server_name = "example.org", up_ms = 7300000, pid = 1, services = {
      service("client_reader_room_1", {state = "backoff", pid = false, restarts = 12, note = "starts again in 0.50 s",
        last_exit = {words = "exit status 70", cause = "configuration", ago_ms = 130000}}),
      service("synapse", {usage = {cpu_s = 83.2, rss = 200000000, pss = 118000000}}),
    }}
    assert.equal([[
example.org: 1 of 2 ready; up 2 h 1 min (pid 1)

SERVICE               STATE     PID  SINCE  RESTARTS     CPU  MEMORY
client_reader_room_1  backoff     -  1 min        12       -       -
    starts again in 0.50 s
    last exit: exit status 70 (configuration), 2 min ago
synapse               ready    4711  1 min         0  83.2 s  118 MB
]], status_table.format(answer, {width = 80}))
    local wide = ("w"):rep(100)
    answer.services = {service(wide, {note = wide, last_exit = {words = wide, cause = wide, ago_ms = 1}})}
    answer.server_name = wide
    for _, line in ipairs(lines_of(status_table.format(answer, {width = 80}))) do assert.is_true(#line <= 80, line) end
  end)

  it("shows states in colours where those are wanted, and nothing else differs", function()
    local answer = {server_name = "example.org", up_ms = 7300000, pid = 1, services = {
      service "ready", service("b", {state = "failed"}), service("c", {unhealthy = true, shown = "unhealthy"}),
      service("d", {state = "starting", shown = "migrating"}), service("e", {state = "stopped"}),
    }}
    local plain = status_table.format(answer, {width = 80})
    local painted = status_table.format(answer, {width = 80, colours = true})
    assert.equal(plain, (painted:gsub("\27%[%d+m", "")))
    for _, part in ipairs {"\nready    \27[32mready\27[0m", "\27[31mfailed\27[0m", "\27[31munhealthy\27[0m",
      "\27[33mmigrating\27[0m", "\n\27[1mSERVICE", "\ne        stopped "} do
      assert.is_truthy(painted:find(part, 1, true), part)
    end
  end)

  it("leaves nothing in that a terminal would act on", function()
    local text = text_of {service("a", {note = "\27[2Jgone\r\255"})}
    assert.is_nil(text:gsub("\n", ""):find "%c")
    assert.truthy(utf8.len(text))
  end)
end)
