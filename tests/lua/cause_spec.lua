local cause = require "processes.cause"

local STARTING, RUNNING, ASKED = {starting = true}, {}, {asked = true, starting = true}
local CAUSES = {
  {match = "^Error in configuration", cause = "configuration", permanent = true, hint = "mend it"},
  {match = "No space left", cause = "disk full"},
}
local ONE = {kind = "exit", code = 1}

describe("the cause of an end", function()
  it("is no fault when we asked for it, however it ended", function()
    local ending = cause.of({kind = "signal", code = 9, signal = "SIGKILL"}, ASKED, CAUSES, {"No space left"})
    assert.same({cause = "stopped", words = "killed by SIGKILL"}, ending)
  end)

  it("is found in its output before it was ready", function()
    local ending = cause.of(ONE, STARTING, CAUSES, {"begin", "Error in configuration at 'listeners'", "", "end"})
    assert.equal("configuration", ending.cause)
    assert.is_true(ending.permanent)
    assert.equal("mend it", ending.hint)
    assert.equal("Error in configuration at 'listeners'", ending.line)
    assert.equal("exit status 1", ending.words)
  end)

  it("is told with the lines below that give the reason", function()
    local ending = cause.of(ONE, STARTING, CAUSES, {"", "Error in configuration at 'oidc_providers.<oidc>':",
      "  Failed to parse config:", "    invalid jinja template:", "      unexpected end.", "else"})
    assert.equal("Error in configuration at 'oidc_providers.<oidc>': Failed to parse config: invalid jinja template: "
      .. "unexpected end.", ending.line)
    ending = cause.of(ONE, STARTING, CAUSES, {"Error in configuration:", "  You have enabled open registration."})
    assert.equal("Error in configuration: You have enabled open registration.", ending.line)
  end)

  it("is the exception where a traceback came from reading the configuration", function()
    local synapse = require "plan.process.synapse".CAUSES
    local frame = '  File "/x/synapse/config/ratelimiting.py", line 61, in parse'
    local lines = {"Traceback (most recent call last):", frame, "    rl_config = 3", "AttributeError: no get"}
    local ending = cause.of(ONE, STARTING, synapse, lines)
    assert.same({"configuration", true, "AttributeError: no get"}, {ending.cause, ending.permanent, ending.line})
    ending = cause.of(ONE, STARTING, synapse, {frame, "x", "synapse.config._base.ConfigError: worker_app is set"})
    assert.equal("synapse.config._base.ConfigError: worker_app is set", ending.line)
    ending = cause.of(ONE, STARTING, synapse, {frame, "OSError: [Errno 28] No space left on device"})
    assert.equal("disk full", ending.cause)
  end)

  it("is never decoration", function()
    local ending = cause.of(ONE, STARTING, {}, {"********", " ValueError: no handler", " ",
      " There may be more information in the logs.", "********"})
    assert.equal(" ValueError: no handler", ending.line)
    assert.equal("***", cause.of(ONE, STARTING, {}, {"***"}).line)
  end)

  it("ends synlua with 78 where it is the configuration", function()
    assert.equal(78, cause.status({}, ONE, {cause = "configuration", permanent = true}))
    assert.equal(70, cause.status({}, ONE, {cause = "status 1"}))
    assert.equal(70, cause.status({}, {kind = "exit", code = 78}, {cause = "database", permanent = true}))
    assert.equal(78, cause.status({passes_status = true}, {kind = "exit", code = 78}, {cause = "identity"}))
  end)

  it("is that it went to the background, if it ended with 0 before it was ready and left processes", function()
    local ending = cause.of({kind = "exit", code = 0, left = 1}, STARTING, CAUSES, {"started as a daemon"})
    assert.equal("background", ending.cause)
    assert.is_true(ending.permanent)
    assert.equal("exit status 0, and what it started went on without it", ending.words)
    assert.matches("in the foreground", ending.hint, 1, true)
    for _, exit in ipairs {{kind = "exit", code = 0, left = 0}, {kind = "exit", code = 0}, {kind = "exit", code = 1,
      left = 1}} do
      assert.equal("status " .. exit.code, cause.of(exit, STARTING, CAUSES, {}).cause)
    end
    assert.equal("status 0", cause.of({kind = "exit", code = 0, left = 1}, RUNNING, CAUSES, {}).cause)
  end)

  it("is the one nearest to the end where two fit", function()
    local lines = {"Error in configuration", "write: No space left on device"}
    assert.equal("disk full", cause.of(ONE, STARTING, CAUSES, lines).cause)
    assert.is_nil(cause.of(ONE, STARTING, CAUSES, lines).permanent)
  end)

  it("is not read into lines of a service that was ready", function()
    local ending = cause.of(ONE, RUNNING, CAUSES, {"Error in configuration"})
    assert.equal("status 1", ending.cause)
    assert.is_nil(ending.permanent)
    assert.is_nil(ending.line)
  end)

  it("is a signal whatever it wrote", function()
    local ending = cause.of({kind = "signal", code = 9, signal = "SIGKILL"}, STARTING, CAUSES, {"No space left"})
    assert.equal("SIGKILL", ending.cause)
    assert.truthy(ending.hint:find "out of memory")
  end)

  it("is synlua where synlua killed it, and says why", function()
    local ours = {cause = "start limit", why = "it did nothing for 30.0 s"}
    local ending = cause.of({kind = "signal", code = 9, signal = "SIGKILL"}, {starting = true, ours = ours}, CAUSES,
      {"importing"})
    assert.same({cause = "start limit", words = "killed by SIGKILL (by synlua: it did nothing for 30.0 s)",
      line = "importing"}, ending)
    assert.equal("status 1", cause.of(ONE, {ours = ours}, nil, {}).cause)
    ending = cause.of({kind = "exit", code = 0}, {asked = true, ours = {cause = "hung", why = "it hung"}}, nil, {})
    assert.same({cause = "hung", words = "exit status 0 (by synlua: it hung)"}, ending)
  end)

  it("is the last line where nothing fits", function()
    assert.equal("odd", cause.of(ONE, STARTING, CAUSES, {"begin", "odd"}).line)
    assert.is_nil(cause.of(ONE, STARTING, nil, {}).line)
  end)
end)

describe("the causes of Synapse's own end", function()
  local fixture = require "plan_fixture"
  local causes = fixture.make().services.synapse.causes

  local function of(line)
    return cause.of(ONE, STARTING, causes, {"Traceback", line, " There may be more", ("*"):rep(82)})
  end

  it("are a full disk, whoever says so", function()
    for _, line in ipairs {"     sqlite3.OperationalError: database or disk is full",
      "OSError: [Errno 28] No space left on device", "OSError: [Errno 122] Disk quota exceeded"} do
      local ending = of(line)
      assert.equal("disk full", ending.cause)
      assert.equal(line, ending.line)
      assert.is_nil(ending.permanent)
    end
  end)

  it("are a database that was never ready, and the way out", function()
    local ending = of "     sqlite3.OperationalError: table background_updates already exists"
    assert.is_true(ending.permanent)
    assert.truthy(ending.hint:find "rename the SQLite file")
  end)
end)
