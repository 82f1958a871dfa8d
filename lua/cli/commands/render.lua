-- EDGE
-- `synlua render DIR`: the files of a start below a directory, and plan.json; no other effect.

local describe = require "plan.describe"
local dkjson = require "dkjson"
local configuration = require "cli.configuration"
local write = require "disk.write"

---@param arguments {directory: string}
---@return integer
return function(arguments)
  local done = configuration.make()
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  local list = {table.unpack(done.files)}
  list[#list + 1] = {base = "", path = "plan.json", mode = 420,
    bytes = describe.json(done.plan, dkjson.encode)}
  local ok, problem = write.below(arguments.directory, list)
  if not ok then return assert(configuration.report({problem}, {})) end
  return 0
end
