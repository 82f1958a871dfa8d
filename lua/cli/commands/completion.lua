-- EDGE
-- `synlua completion SHELL`: prints the completion of commands and options for a shell.

---@param arguments {shell: "bash"|"zsh"|"fish"}
---@return integer
return function(arguments)
  local parser = require "cli.parser"()
  io.stdout:write(parser["get_" .. arguments.shell .. "_complete"](parser))
  return 0
end
