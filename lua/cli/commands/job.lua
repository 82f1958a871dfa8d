-- EDGE
-- `synlua job`: lists, runs and stops jobs of the running instance.

local cleaned = require "cli.cleaned"
local client = require "control.client"
local job_table = require "processes.job_table"
local plain = require("core.log").plain

local REACH = 30000 -- ms: a job that is to end has 10 s for that

local KEYS = {"name", "doc", "schedule", "timezone", "next", "running", "last_success", "results", "counts", "at",
  "seconds", "result", "by", "words", "line", "pid", "success", "failed",
  "timeout", "stopped", "interrupted", "skipped"}

local function ask(request, fn, ms)
  local answer, why = client.ask(request, fn, ms)
  if answer and answer.ok then return answer end
  return nil, client.fail(why or answer.error)
end

local function json_of(value)
  return require "dkjson".encode(setmetatable(value, {__jsontype = "array"}), {indent = true, keyorder = KEYS}) .. "\n"
end

local actions = {}

function actions.list(arguments)
  local answer, status = ask {verb = "job_list"}
  if not answer then return status end
  io.stdout:write(arguments.json and json_of(answer.jobs)
    or job_table.list(cleaned(answer.jobs), cleaned(answer.off), os.time(), os.date))
  return 0
end

function actions.history(arguments)
  local answer, status = ask {verb = "job_list"}
  if not answer then return status end
  local rows, found = job_table.runs(answer.jobs, arguments.name)
  if not found then return client.fail(("there is no job %q; synlua job list shows all"):format(arguments.name)) end
  io.stdout:write(arguments.json and json_of(rows) or job_table.history(cleaned(rows), os.date))
  return 0
end

function actions.run(arguments)
  local request = {verb = "job_run", name = arguments.name, follow = arguments.follow}
  local answer, status = ask(request, function(line)
    if line.line then io.stdout:write(plain(line.line), "\n"):flush() end
  end, not arguments.follow and REACH)
  if not answer then return status end
  if not arguments.follow then
    io.stdout:write(("job %s began; its lines: synlua logs -f %s\n"):format(arguments.name, answer.process))
    return 0
  end
  io.stdout:write(plain(job_table.ended(arguments.name, answer.result)), "\n")
  return answer.result.result == "success" and 0 or 1
end

function actions.stop(arguments)
  local answer, status = ask({verb = "job_stop", name = arguments.name}, nil, REACH)
  if not answer then return status end
  io.stdout:write(plain(job_table.ended(arguments.name, answer.result)), "\n")
  return 0
end

---@param arguments {action: string, name?: string, json?: boolean, follow?: boolean}
---@return integer
return function(arguments) return actions[arguments.action](arguments) end
