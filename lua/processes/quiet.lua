-- EDGE
-- Leaves out lines in which a service complains that another service is not ready. synlua logs that itself.

local log = require "core.log"
local output = require "core.output"

local quiet = {}

local last = {} -- by service: the names of the services about which its lines are left out

--- Call it whenever a state may have changed. The `quiet` of a service is a list of {service =, texts =}, with the
--- texts in the form that output.quiet takes.
---@param world World
function quiet.follow(world)
  for name, spec in pairs(world.specs) do
    local away, texts = {}, {}
    for _, about in ipairs(spec.quiet or {}) do
      local service = world.services[about.service]
      if service and service.state ~= "ready" then
        away[#away + 1] = about.service
        for _, text in ipairs(about.texts) do texts[#texts + 1] = text end
      end
    end
    local now = table.concat(away, ", ")
    local before = last[name] or ""
    if now ~= before then
      local count = output.quiet(name, texts)
      if count > 0 then
        log.write("info", ("left out %d line%s of %s about services that were not ready: %s"):format(count,
          count == 1 and "" or "s", name, before))
      end
      last[name] = now
    end
  end
end

return quiet
