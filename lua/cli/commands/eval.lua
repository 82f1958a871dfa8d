-- EDGE
-- `synlua eval`: runs Lua that can use settings, plan and files: one piece of code, a script, or a shell.

local plain = require("core.log").plain
local json = require "cli.shell.json"
local run = require "cli.shell.run"
local show = require "cli.shell.show"
local system = require "core.system"

local EX_FAILED = 1

local is_live

local function environment() return require("cli.shell.scope").new(is_live) end

local function complain(message)
  io.stdout:flush()
  io.stderr:write("synlua: ", plain(message), "\n")
  return EX_FAILED
end

local function print_values(values, as_json)
  for at = 2, values.n do
    io.stdout:write(as_json and json.text(values[at]) or show.value(values[at]), "\n")
  end
end

-- An error by which os.exit ends the program after something was started is not the script's.
local function is_exit(message) return tostring(message):find "^[^\n]*os%.exit%(%d+%): stopping" ~= nil end

local function run_code(code, env, as_json)
  local chunk, why = run.compile(code, env, "eval")
  if not chunk then return complain(run.with_line(why)) end
  local values = run.call(chunk)
  if not values[1] then return is_exit(values[2]) and error(values[2], 0) or complain(values[2]) end
  local ok, fault = pcall(print_values, values, as_json)
  return ok and 0 or complain(tostring(fault))
end

-- Standard input without a terminal: chunk by chunk, and an error ends nothing.
local function run_lines(env, as_json)
  local status, code = 0, nil
  for line in io.stdin:lines() do
    code = code and code .. "\n" .. line or line
    local _, _, unfinished = run.compile(code, env, "eval")
    if not unfinished then
      if code:find "%S" then status = math.max(status, run_code(code, env, as_json)) end
      code = nil
    end
  end
  return code and run_code(code, env, as_json) or status
end

-- A script has the real globals, and sees the scope behind them. Another unknown name is nil, as ever.
local function globals()
  local _, look = environment()
  setmetatable(_G, {__index = function(_, name) return look(name) end})
end

local function read_script(path)
  if path ~= "-" then return loadfile(path, "t") end
  return load(io.stdin:read "a", "=stdin", "t")
end

-- The exit status is the integer that a script returns; nil and a message mean failure. Other values are printed.
local function outcome(values, as_json)
  local first = values[2]
  if values.n == 2 and math.type(first) == "integer" and not as_json then return first end
  if values.n > 2 and first == nil and type(values[3]) == "string" then return complain(values[3]) end
  print_values(values, as_json)
  return 0
end

local function run_script(path, arguments, as_json)
  _G.arg = {[0] = path, table.unpack(arguments or {})}
  local chunk, why = read_script(path)
  if not chunk then return complain(why) end
  globals()
  local list = _G.arg
  local values = run.call(function() return chunk(table.unpack(list)) end)
  if values[1] then return outcome(values, as_json) end
  if is_exit(values[2]) then error(values[2], 0) end
  return complain(values[2])
end

---@param arguments {code?: string, script?: string, arguments?: string[], json?: boolean, live?: boolean}
---@return integer
return function(arguments)
  is_live = arguments.live
  collectgarbage "restart"
  if arguments.script then
    return run_script(arguments.script, arguments.arguments, arguments.json)
  elseif arguments.code then
    return run_code(arguments.code, environment(), arguments.json)
  elseif system.is_terminal(0) and system.is_terminal(1) then
    local done, why = require("cli.shell.interact").run(is_live)
    if done then return 0 end
    io.stderr:write("synlua: ", why, "\n")
  end
  return run_lines(environment(), arguments.json)
end
