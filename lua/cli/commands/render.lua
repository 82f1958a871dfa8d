-- EDGE
-- `synlua render DIR`: writes the files of a start, and plan.json, below a directory. It changes nothing else.

local describe = require "plan.describe"
local dkjson = require "dkjson"
local configuration = require "cli.configuration"
local octal = require "lib.octal"
local write = require "disk.write"

---@param arguments {directory: string}
---@return integer
return function(arguments)
  local done = configuration.make()
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  local list = {table.unpack(done.files)}
  list[#list + 1] = {base = "", path = "plan.json", mode = octal "0644",
    bytes = describe.json(done.plan, dkjson.encode)}
  local ok, problem = write.below(arguments.directory, list)
  if not ok then return assert(configuration.report({problem}, {})) end
  return 0
end
