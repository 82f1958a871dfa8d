-- What `synlua housekeeping` is to do: its tasks with their limits, and which processes it asks. Pure.

local access_log = require "plan.nginx.access_log"
local amounts = require "settings.amounts"
local synapse_process = require "plan.process.synapse"
local tables = require "lib.tables"
local TASKS = require "plan.housekeeping_tasks"

local housekeeping = {TASKS = TASKS}

housekeeping.ALL = "all"

---@class HousekeepingRequest what templates/housekeeping.py gets
---@field tasks {name: string, days: integer}[]
---@field asks boolean one of them asks the homeserver
---@field dry boolean
---@field larger integer bytes
---@field main table address of Synapse's main process
---@field media table address of the process that removes media
---@field files string[] Synapse's configuration
---@field logs string directory
---@field services string[] those that write into it

-- The process that a request to the admin API is for.
local function address_of(plan, method, path)
  local found, by_name = require("plan.routes.lookup").make(plan.routes)(method, path), {}
  for _, instance in ipairs(plan.instances) do by_name[instance.name] = instance end
  local instance = by_name[found.members[1]] or plan.instances[1]
  return instance.addresses.public
end

local function chosen(settings, name, days)
  local list = {}
  for _, task in ipairs(TASKS) do
    local limit = name == task.name and days or settings[task.variable]
    if limit and (name == task.name or name == housekeeping.ALL) then
      list[#list + 1] = {name = task.name, days = limit, asks = task.asks}
    end
  end
  return list
end

local function off(name)
  local variables = {}
  for _, task in ipairs(TASKS) do
    if name == task.name or name == housekeeping.ALL then variables[#variables + 1] = task.variable end
  end
  return {where = "housekeeping " .. name, what = "is off, because no variable says after how many days",
    hint = ("set %s%s"):format(table.concat(variables, ", "), name == housekeeping.ALL and ""
      or "; or try it: synlua housekeeping " .. name .. " --dry-run --days 90")}
end

--- The request, or the problem.
---@param done Stages
---@param said {name: string, days?: integer, dry?: boolean}
---@return HousekeepingRequest|nil
---@return Problem?
function housekeeping.request(done, said)
  local view, plan, settings = done.view, done.plan, done.settings
  local tasks, asks = chosen(settings, said.name, said.days), false
  if #tasks == 0 then return nil, off(said.name) end
  for _, task in ipairs(tasks) do
    asks = asks or task.asks == true
    task.asks = nil
  end
  local services = tables.keys(plan.services)
  services[#services + 1] = access_log.NAME
  return {
    tasks = tasks, asks = asks, dry = said.dry == true,
    larger = amounts.bytes(settings.SYNLUA_HOUSEKEEPING_LOCAL_MEDIA_SIZE or "0"),
    main = plan.instances[1].addresses.public,
    media = address_of(plan, "POST", "/_synapse/admin/v1/purge_media_cache"),
    files = synapse_process.files(view), logs = view.paths.data .. "/logs", services = services,
  }
end

return housekeeping
