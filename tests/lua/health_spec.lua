local health = require "processes.health"

local function service(name, fields)
  local status = {name = name, state = "ready", essential = true, was_ready = true, failures = 0, restarts = 0}
  for key, value in pairs(fields or {}) do status[key] = value end
  status.shown = status.shown or status.state
  return status
end

local function first(name, state, fields)
  local status = service(name, fields)
  status.state, status.shown, status.was_ready = state, fields and fields.shown or state, false
  return status
end

local function judged(list, options)
  local verdict = health.judge(list, options or {})
  return verdict.state, verdict.healthy, verdict.text
end

describe("health", function()
  it("is there when every service is ready", function()
    assert.same({"healthy", true, "healthy: 2 of 2 services are ready"}, {judged {service "a", service "b"}})
  end)

  it("counts a first start as healthy, and says who works at it before who waits", function()
    local list = {first("a", "waiting", {waits_for = "b"}), first("b", "starting")}
    assert.same({"starting", true, "starting: b is starting; a waits for b"}, {judged(list)})
  end)

  it("says that a service migrates, with its last line", function()
    local list = {first("synapse", "starting", {shown = "migrating", note = "Applying schema v90"})}
    assert.same({"starting", true, "starting: synapse is migrating: Applying schema v90"}, {judged(list)})
  end)

  it("leaves a migration alone even after a failure or a time of being ready", function()
    for _, fields in ipairs {{failures = 2}, {was_ready = true}} do
      fields.state, fields.shown = "starting", "migrating"
      assert.equal("starting", (judged {service("synapse", fields)}))
    end
  end)

  it("is not healthy while starting where that is asked for", function()
    assert.same({"starting", false, "starting: a is starting"}, {judged({first("a", "starting")}, {strict = true})})
    assert.is_true(select(2, judged({service "a"}, {strict = true})))
  end)

  it("is a start while no request has passed to the service behind, and gone when none passes", function()
    local nginx = service("nginx", {unproven = true, note = "has passed no request to synapse yet"})
    assert.same({"starting", true, "starting: nginx has passed no request to synapse yet"},
      {judged {nginx, service "synapse"}})
    assert.is_false(select(2, judged({nginx, service "synapse"}, {strict = true})))
    nginx = service("nginx", {unhealthy = true, note = "does not lead to synapse (status 503), 10 times in a row"})
    assert.same({"unhealthy", false, "not healthy: nginx does not lead to synapse (status 503), 10 times in a row"},
      {judged {nginx, service "synapse"}})
  end)

  it("is lost when a service that was ready is not, for whatever reason", function()
    local cases = {
      {{state = "starting"}, "not healthy: a is starting again"},
      {{state = "waiting", waits_for = "b"}, "not healthy: a waits for b"},
      {{state = "stopping"}, "not healthy: a is being stopped"},
      {{state = "stopped"}, "not healthy: a was stopped by request"},
      {{state = "backoff", last_exit = {words = "killed by SIGKILL"}, note = "starts again in 0.90 s"},
        "not healthy: a died (killed by SIGKILL) and starts again in 0.90 s"},
      {{state = "failed", last_exit = {words = "exit status 1"}, note = "mend it"},
        "not healthy: a has failed for good: exit status 1: mend it"},
    }
    for _, case in ipairs(cases) do
      assert.same({"unhealthy", false, case[2]}, {judged {service("a", case[1]), service "b"}})
    end
  end)

  it("is gone when a first start has failed", function()
    assert.equal("unhealthy", (judged {first("a", "backoff")}))
    assert.equal("unhealthy", (judged {first("a", "starting", {failures = 1})}))
    assert.equal("unhealthy", (judged {first("a", "starting", {failures = 1}), first("b", "waiting")}))
  end)

  it("does not depend on services that are not essential, but names them", function()
    local list = {service "a", service("b", {state = "failed", essential = false, note = "no such file"})}
    assert.same({"healthy", true, "healthy: 1 of 2 services are ready; degraded: b has failed for good: no such file"},
      {judged(list)})
    assert.same({"healthy", true, "healthy: 1 of 2 services are ready"},
      {judged {service "a", first("b", "starting", {essential = false})}})
  end)

  it("is gone when everything is being stopped", function()
    assert.same({"unhealthy", false, "not healthy: everything is being stopped"},
      {judged({service "a"}, {stopping = true})})
  end)

  it("fits what engines keep, on one line", function()
    local long = "x\ny\27" .. ("\u{e9}"):rep(4000)
    local _, _, text = judged {first("a", "starting", {shown = "migrating", note = long})}
    assert.is_true(#text <= 4096)
    assert.truthy(utf8.len(text))
    assert.is_nil(text:find "%c")
  end)
end)
