-- The plan for people and programs: what runs, where it listens, who it runs as; no secret in it.

local tables = require "tables"
local words = require "settings.text"

local describe = {}

describe.KEYS = {"server_name", "url", "services", "name", "argv", "listens", "sockets", "paths"}

local function user(process)
  if process.uid then return ("%d:%d"):format(process.uid, process.gid) end
end

--- A plain table, without secrets.
---@param plan Plan
---@return table
function describe.plan(plan)
  local made = {
    server_name = plan.server_name, url = plan.url, paths = tables.copy(plan.paths),
    sockets = tables.copy(plan.sockets), services = {}, listens = {},
  }
  for name, service in tables.sorted(plan.services) do
    made.services[#made.services + 1] = {
      name = name, argv = tables.copy(service.process.argv), user = user(service.process),
      after = service.after, needs = service.needs, milestone = service.milestone, on_failure = service.on_failure,
      readiness = service.ready.notify and "notify" or "probe",
    }
  end
  for _, listen in ipairs(plan.listens) do
    made.listens[#made.listens + 1] = {service = listen.service, address = listen.address, port = listen.port}
  end
  return made
end

--- The same as text.
---@param plan Plan
---@return string
function describe.text(plan)
  local lines = {("%s at %s"):format(plan.server_name, plan.url), "", "processes"}
  for name, service in tables.sorted(plan.services) do
    lines[#lines + 1] = ("  %-12s %-12s ready by %-7s %s"):format(name, user(service.process) or "same user",
      service.ready.notify and "notify" or "probe", words.shown(table.concat(service.process.argv, " ")))
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "listens on"
  for _, listen in ipairs(plan.listens) do
    lines[#lines + 1] = ("  %-12s %s port %d"):format(listen.service, listen.address, listen.port)
  end
  for name, path in tables.sorted(plan.sockets) do lines[#lines + 1] = ("  %-12s %s"):format(name, path) end
  return table.concat(lines, "\n") .. "\n"
end

return describe
