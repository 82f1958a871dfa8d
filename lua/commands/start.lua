-- EDGE
-- `synlua start NAME...`: starts services, also failed ones, and waits until they are ready.

---@param arguments {names: string[], seconds: integer}
---@return integer
return function(arguments) return require("control.act").run("start", arguments) end
