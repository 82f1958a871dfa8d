-- EDGE
-- `synlua env`: lists every variable.

local report = require "settings.report"
local schema = require "settings.schema"

---@param arguments {markdown?: boolean}
---@return integer
return function(arguments)
  io.stdout:write(report.format_table(schema, arguments.markdown and "markdown" or "text"))
  return 0
end
