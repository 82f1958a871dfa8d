-- EDGE
-- Forgets the modules that only planning needs, once the services run: they are three quarters of Lua's memory. A
-- module that something refers to stays as it is. Any other is loaded again if it is needed again.

local forgotten = {}

-- The rooms of planning, and modules elsewhere that remember nothing. All others remember what happens while the
-- services run, and must stay even where nothing refers to them for now.
local ROOMS = {
  cli = true, contract = true, disk = true, files = true, input = true, lib = true, plan = true, services = true,
  settings = true, templates = true, workers = true,
}
local MODULES = {argparse = true, ["control.environments"] = true, main = true, stages = true}

local function may_go(name) return MODULES[name] or ROOMS[name:match "^[^./]*"] end

--- Forgets them.
---@param loaded table<string, any> as package.loaded
function forgotten.from(loaded)
  local kept = {}
  for name, module in pairs(loaded) do
    if not may_go(name) then kept[name] = module end
  end
  local was = getmetatable(loaded)
  setmetatable(loaded, {__mode = "v"})
  collectgarbage()
  setmetatable(loaded, was)
  for name, module in pairs(kept) do loaded[name] = module end
end

return forgotten
