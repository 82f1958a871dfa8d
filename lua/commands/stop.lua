-- EDGE
-- `synlua stop NAME...`: stops services and what needs them; they stay stopped until they are asked to start.

---@param arguments {names: string[], seconds: integer}
---@return integer
return function(arguments) return require("control.act").run("stop", arguments) end
