-- EDGE
-- `synlua man`: prints the manual page.

---@return integer
return function()
  io.stdout:write(require "cli.man".page(require "cli.parser"(), require "lib.version"))
  return 0
end
