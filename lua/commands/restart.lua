-- EDGE
-- `synlua restart NAME...`: ends and starts services, and waits until they are ready again.

---@param arguments {names: string[], seconds: integer}
---@return integer
return function(arguments) return require("control.act").run("restart", arguments) end
