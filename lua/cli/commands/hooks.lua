-- EDGE
-- `synlua hooks UID:GID`, which the service hooks runs: tells the hook `on` of init.lua each event of the running
-- instance.

local client = require "control.client"
local guard = require "input.guard"
local jobs = require "cli.jobs"
local log = require "core.log"
local loop = require "core.loop"
local user_hooks = require "input.user_hooks"

local EX_USAGE, EX_CONFIG = 64, 78
local READER = "hooks" -- a process that was started again goes on behind the last event that this one was sent

-- A fault ends nothing: the next event comes all the same.
local function tell_faults()
  for _, fault in ipairs(guard.take()) do
    log.write("error", ("%s: %s (%s)"):format(fault.where, fault.what, fault.hint))
  end
end

local function on_answer(on, event)
  if event == nil then return loop.stop(0) end
  if event.done then
    log.write("error", tostring(event.error))
    return loop.stop(1)
  end
  on.call(event, jobs.act())
  tell_faults()
  jobs.go()
end

---@param arguments {user?: string}
---@return integer|nil
return function(arguments)
  collectgarbage "restart"
  local uid, gid = (arguments.user or ""):match "^(%d+):(%d+)$"
  if not uid then
    io.stderr:write "synlua: the service hooks runs this command\n"
    return EX_USAGE
  end
  local on = user_hooks.of "on"
  if not on then
    io.stderr:write "synlua: init.lua has no function `on`\n"
    return EX_CONFIG
  end
  loop.on("stopping", function() end)
  jobs.prepare {uid = math.tointeger(tonumber(uid)), gid = math.tointeger(tonumber(gid))}
  local ok, why = client.watch({verb = "events", follow = true, reader = READER},
    function(event) on_answer(on, event) end)
  if not ok then return client.fail(why) end
end
