-- EDGE
-- `synlua run`: the entrypoint.

local log = require "core.log"
local preflight = require "preflight"
local start = require "start"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "tables"
local words = require "processes.words"
local write = require "files.write"

local began = system.now()

local function locked(directory)
  local ok, what, name = system.lock(directory, ".synlua.lock")
  if ok then return true end
  if name == "EAGAIN" then what = "another synlua runs with this data directory" end
  return nil, {where = directory, what = what, hint = "stop the other one, or set another SYNAPSE_DATA_DIR"}
end

-- Directories, then the lock, then files: nothing of a running instance is ever changed.
local function prepare(plan, files, privileged)
  local runtime = {base = plan.paths.runtime, path = "", mode = 493} -- 0755
  local ok, problem = write.directories({runtime, table.unpack(plan.directories)}, privileged)
  if ok then ok, problem = locked(plan.paths.data) end
  if not ok then return nil, problem end
  return write.files(files, privileged)
end

local function say_ready(plan)
  log.write("info", ("ready in %s: %s; %s; create the first user: synlua user add NAME --admin")
    :format(words.span(system.now() - began), table.concat(tables.keys(plan.services), ", "), plan.url))
end

---@return integer|nil
return function()
  local done, input = start.prepare {make_secrets = true}
  if #done.problems == 0 then
    for _, problem in ipairs(preflight.check(done.plan, input)) do done.problems[#done.problems + 1] = problem end
  end
  local status = start.report(done.problems, done.warnings)
  if status then return status end
  start.log_overrides()
  local plan, settings = done.plan, done.settings
  local written, problem = prepare(plan, done.files, input.host.uid == 0)
  if not written then return start.report({problem}, {}) end
  local changes = written == 0 and "no file changed" or written .. " files written"
  log.write("info", ("%s: %s"):format(plan.server_name, changes))
  if settings.SYNAPSE_LOG_LEVEL == "DEBUG" then log.threshold "debug" end
  collectgarbage "restart"
  local ok, why = supervise.start(plan.services, {
    runtime = plan.paths.runtime, notify_socket = plan.paths.notify, budget_ms = settings.SYNLUA_STOP_TIMEOUT * 1000,
    on_ready = function() say_ready(plan) end,
  })
  if ok then return end
  return start.report({{where = plan.paths.notify, what = why, hint = "mend that, then start again"}}, {})
end
