local loud = require "processes.loud"

local function shown(...)
  local state, list = {}, {}
  for _, line in ipairs {...} do
    if loud.is(state, line) then list[#list + 1] = line end
  end
  return list
end

describe("the lines of services that a quiet start shows", function()
  it("are those whose level is a warning or worse, whatever words follow", function()
    for _, line in ipairs {
      "2026-01-01 10:00:00,000 - synapse.x - 12 - WARNING - main - odd",
      "2026-01-01 10:00:00,000 - synapse.x - 12 - ERROR - GET-1 - odd", "2026/01/01 10:00:00 [error] 12#12: *1 no",
      "2026/01/01 10:00:00 [emerg] 12#12: no", "2026-01-01 10:00:00 UTC [12] FATAL:  the database is starting up",
      "Traceback (most recent call last):", "Error in configuration", "bridge: WARNING: low",
    } do assert.same({line}, shown(line)) end
    for _, line in ipairs {
      "2026-01-01 10:00:00,000 - synapse.x - 12 - INFO - main - 0 errors, no - WARNING - at all",
      "2026/01/01 10:00:00 [notice] 12#12: error log opened", "2026-01-01 10:00:00 UTC [12] LOG:  no ERROR:  here",
      "ready to accept connections", "0 mirrored, terrorised", "",
    } do assert.same({}, shown(line), line) end
  end)

  it("hold what belongs to them: indented lines, and a traceback with its exception", function()
    assert.same({"x - ERROR - y - broken", "Traceback (most recent call last):", "  File a", "    code",
      "ValueError: no", "  more"}, shown("x - INFO - y - fine", "  of it", "x - ERROR - y - broken",
      "Traceback (most recent call last):", "  File a", "    code", "ValueError: no", "  more", "x - INFO - y - fine",
      "  of it", "plain"))
  end)
end)
