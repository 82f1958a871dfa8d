-- EDGE
-- `synlua exec CMD ...`: runs another program with the same environment.

local program = require "cli.program"

local EX_USAGE, NOT_FOUND = 64, 127

---@param arguments {arguments: string[]}
---@return integer
return function(arguments)
  local words = arguments.arguments
  if not words[1] then
    io.stderr:write "synlua: exec needs a command\n"
    return EX_USAGE
  end
  local path = program.find(words[1])
  if not path then
    io.stderr:write(("synlua: no program %q in PATH\n"):format(words[1]))
    return NOT_FOUND
  end
  return program.run(path, {table.unpack(words, 2)})
end
