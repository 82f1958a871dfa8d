-- EDGE
-- `synlua eval`: runs Lua that can use settings, plan and files: one expression, a script, or line by line.

local readable = require "cli.readable"
local schema = require "settings.schema"
local show = require "cli.shell.show"
local configuration = require "cli.configuration"
local system = require "core.system"

local EX_FAILED = 1

-- The variables of the code. They are worked out at their first use, so that `eval -e '1 + 1'` needs no configuration.
local function environment()
  local done
  local function stage(name)
    if not done then
      done = configuration.make()
      configuration.report(done.problems, done.warnings)
    end
    return done[name]
  end
  local lazy = {
    settings = function() return show.settings(stage "settings", schema.entries) end,
    plan = function() return show.plan(stage "plan", schema.owner) end,
    files = function()
      local list = {}
      for _, file in ipairs(stage "files" or {}) do
        list[file.base .. "/" .. file.path] = readable.is_secret(file) and "(secret)" or readable.bytes(done, file)
      end
      return list
    end,
    problems = function() return stage "problems" end,
  }
  return setmetatable({}, {__index = function(self, name)
    if not lazy[name] then return _G[name] end
    rawset(self, name, lazy[name]())
    return rawget(self, name)
  end})
end

local function compile(code, env)
  return load("return " .. code, "=eval", "t", env) or load(code, "=eval", "t", env)
end

local function run(code, env)
  local chunk = compile(code, env)
  if not chunk then
    local _, why = load(code, "=eval", "t", env)
    return false, why
  end
  local result = table.pack(pcall(chunk))
  if not result[1] then return false, tostring(result[2]) end
  for at = 2, result.n do io.stdout:write(show.value(result[at]), "\n") end
  return true
end

local function interact(env)
  local prompt = system.is_terminal(0)
  if prompt then io.stdout:write("settings, plan, files and problems are variables here; end with Ctrl-D\n") end
  while true do
    if prompt then io.stdout:write("> "):flush() end
    local line = io.read "l"
    if not line then return 0 end
    if line:match "%S" then
      local ok, why = run(line, env)
      if not ok then io.stdout:write(why, "\n") end
    end
  end
end

---@param arguments {code?: string, script?: string, arguments?: string[]}
---@return integer
return function(arguments)
  collectgarbage "restart"
  local env = environment()
  if arguments.script then
    _G.arg = {[0] = arguments.script, table.unpack(arguments.arguments or {})}
    local chunk, why = loadfile(arguments.script, "t")
    if not chunk then
      io.stderr:write("synlua: ", why, "\n")
      return EX_FAILED
    end
    return chunk(table.unpack(_G.arg)) or 0
  elseif arguments.code then
    local ok, why = run(arguments.code, env)
    if not ok then io.stderr:write("synlua: ", why, "\n") end
    return ok and 0 or EX_FAILED
  end
  return interact(env)
end
