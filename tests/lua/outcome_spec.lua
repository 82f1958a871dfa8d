local outcome = require "processes.outcome"

local function status(state, fields)
  local made = {name = "a", state = state, shown = state, restarts = 0, failures = 0}
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local function of(verb, before, now, others)
  others = others or {}
  others.a = now
  local result = outcome.of(verb, before, now, others)
  if result then return result.ok, result.text end
end

describe("a start that was asked for", function()
  it("is done when the service is ready", function()
    assert.same({true, "a is ready"}, {of("start", status "stopped", status "ready")})
    assert.same({true, "a was ready already"}, {of("start", status "ready", status "ready")})
    for _, state in ipairs {"waiting", "starting", "stopping"} do
      assert.is_nil(of("start", status "stopped", status(state)))
    end
  end)

  it("has failed with the first death after it", function()
    local died = status("backoff", {last_exit = {words = "exit status 1"}, note = "starts again in 1.00 s"})
    assert.same({false, "a died (exit status 1) and starts again in 1.00 s"}, {of("start", status "stopped", died)})
    assert.is_false(of("start", status("backoff", {restarts = 1}), status("backoff", {restarts = 2})))
    assert.is_nil(of("start", status("backoff", {restarts = 1}), status("backoff", {restarts = 1})))
    assert.is_false(of("start", status "failed", status "failed"))
  end)

  it("does not wait for a service that nobody will start", function()
    local now = status("waiting", {waits_for = "b"})
    assert.same({false, "a waits for b, which was stopped by request"},
      {of("start", status "stopped", now, {b = {name = "b", state = "stopped"}})})
    assert.is_nil(of("start", status "stopped", now, {b = {name = "b", state = "starting"}}))
  end)

  it("has failed if the service was stopped meanwhile", function()
    assert.same({false, "a was stopped by request"}, {of("start", status "failed", status "stopped")})
  end)
end)

describe("a stop that was asked for", function()
  it("is done when it is stopped", function()
    assert.same({true, "a was stopped by request"}, {of("stop", status "ready", status "stopped")})
    assert.same({true, "a was stopped already"}, {of("stop", status "stopped", status "stopped")})
    for _, state in ipairs {"ready", "stopping", "waiting", "starting", "backoff", "failed"} do
      assert.is_nil(of("stop", status "ready", status(state)))
    end
  end)
end)

describe("a restart that was asked for", function()
  it("is done when the service is ready by another start", function()
    assert.is_nil(of("restart", status "ready", status "ready"))
    assert.is_nil(of("restart", status "starting", status "ready"))
    assert.same({true, "a is ready again"}, {of("restart", status "ready", status("ready", {restarts = 1}))})
    assert.is_true(of("restart", status "stopped", status "ready"))
    assert.is_true(of("restart", status "waiting", status "ready"))
  end)

  it("has failed with any death after it, or a stop", function()
    assert.is_false(of("restart", status "backoff", status "backoff"))
    assert.is_false(of("restart", status "ready", status "failed"))
    assert.is_false(of("restart", status "ready", status "stopped"))
    assert.is_nil(of("restart", status "ready", status "stopping"))
  end)
end)

describe("a request that takes too long", function()
  it("says how far it came, and that it goes on", function()
    assert.same({ok = false, text = "not done after 60 s, and still going on: a waits for b"},
      outcome.late(status("waiting", {waits_for = "b"}), 60))
  end)
end)
