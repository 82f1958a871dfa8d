local log = require "core.log"
local support = require "run.support"

describe("core.log", function()
  it("prefixes each event by its level, and the lines after the first", function()
    local output = support.in_loop [[
      core.log.write("info", "plain")
      core.log.write("warn", "careful")
      core.log.write("error", "first\nsecond\n\n")
      core.log.write("debug", "not shown")
      core.loop.stop(0)]]
    assert.equal("synlua | plain\nsynlua | warning: careful\nsynlua | error: first\nsynlua |   second\n", output)
  end)

  it("makes control bytes visible, and keeps the rest", function()
    local output = support.in_loop [[
      core.log.write("info", "a\27[31m\0\127\r ä")
      core.log.write("info", "")
      core.loop.stop(0)]]
    assert.equal("synlua | a\\x1b[31m\\x00\\x7f\\x0d ä\nsynlua | \n", output)
  end)

  it("cuts a message of more than 64 KiB between two characters, and says how much is missing", function()
    local size = 1 << 16
    local output = support.in_loop(([[
      local size = %d
      core.log.write("info", ("x"):rep(size))
      core.log.write("info", ("y"):rep(size - 1) .. "ä" .. ("z"):rep(5000000))
      core.loop.stop(0)]]):format(size))
    assert.equal(("synlua | %s\nsynlua | %s ... (5000002 bytes more)\n"):format(("x"):rep(size),
      ("y"):rep(size - 1)), output)
  end)

  it("shows events from the threshold on", function()
    local output = support.in_loop [[
      for _, least in ipairs {"debug", "info", "warn", "error"} do
        core.log.threshold(least)
        for _, level in ipairs {"debug", "info", "warn", "error"} do core.log.write(level, least) end
      end
      core.loop.stop(0)]]
    assert.equal(table.concat({
      "synlua | debug: debug", "synlua | debug", "synlua | warning: debug", "synlua | error: debug",
      "synlua | info", "synlua | warning: info", "synlua | error: info",
      "synlua | warning: warn", "synlua | error: warn", "synlua | error: error", ""}, "\n"), output)
  end)

  it("refuses levels that do not exist", function()
    assert.error_matches(function() log.write("loud", "x") end, "invalid option 'loud'")
    assert.error_matches(function() log.threshold "loud" end, "invalid option 'loud'")
  end)
end)
