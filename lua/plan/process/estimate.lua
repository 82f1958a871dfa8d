-- Adds up what all services say of their memory, for people.

local estimate = {}

-- Of a service whose file says nothing, such as a bridge.
estimate.UNSAID = 50

-- synlua itself.
local SYNLUA = 8

---@class Estimate
---@field soon integer MB of everything soon after the start
---@field full integer MB of everything when all caches and connections whose size is known are full

--- The estimate of a plan. What ends before Synapse starts is left out.
---@param view View
---@return Estimate
function estimate.of(view)
  local soon, growth = SYNLUA, 0
  for _, service in pairs(view.services.services) do
    if not service.one_shot then
      soon, growth = soon + (service.memory or estimate.UNSAID), growth + (service.growth or 0)
    end
  end
  return {soon = math.ceil(soon), full = math.ceil(soon + growth)}
end

return estimate
