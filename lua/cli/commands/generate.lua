-- EDGE
-- `synlua generate`, and `migrate_config`, which does the same here: makes the lasting files of a first start, and
-- starts nothing.

local log = require "core.log"
local prepare = require "disk.prepare"
local configuration = require "cli.configuration"

---@return integer
return function()
  local done, input = configuration.make {make_secrets = true}
  configuration.preflight(done, input, {only_files = true})
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  local made, problem = prepare.lasting(done.plan, done.files, input.host.uid == 0)
  if not made then return assert(configuration.report({problem}, {})) end
  for _, path in ipairs(made) do log.write("info", "made " .. path) end
  if #made == 0 then log.write("info", done.plan.paths.homeserver .. " and all keys exist already") end
  log.write("info", "a start makes them as well: synlua run")
  return 0
end
