-- EDGE
-- `synlua reload [nginx]`: asks the running instance to read everything anew for nginx, and waits until that is done.

local client = require "control.client"
local plain = require("core.log").plain

local LONGEST = 180000 -- ms
local EX_CONFIG = 78

local function print_lines(to, before, lines)
  for _, line in ipairs(lines) do to:write(before, plain(line), "\n") end
end

---@param arguments {names: string[]}
---@return integer status
return function(arguments)
  local names = #arguments.names > 0 and arguments.names or {"nginx"}
  local done, why = client.ask({verb = "reload", names = names}, nil, LONGEST)
  if not done or done.error then return client.fail(why or done.error) end
  if done.ok then
    print_lines(io.stdout, "", done.lines)
    return 0
  end
  print_lines(io.stderr, "synlua: ", done.lines)
  return EX_CONFIG
end
