-- EDGE
-- Lets the programs of services try their files before anything starts: each as its service's user and in a scratch
-- directory. So a running instance is not touched, and nginx makes no socket where a service could put a link in its
-- place.

local complaints = require "files.complaints"
local directories = require "disk.directories"
local file = require "core.file"
local hex = require "lib.hex"
local loop = require "core.loop"
local octal = require "lib.octal"
local output = require "core.output"
local process = require "core.process"
local system = require "core.system"
local write = require "disk.write"

local trial = {}

---@class TrialEnd
---@field interrupted boolean this command itself got a signal to end, or everything stops
---@field problems Problem[]
---@field said string[] what programs said where no line of the admin's is named

local BASE = "/tmp"
local LIMIT = 10000 -- ms; nginx -t takes less than 100 unless it waits for a name server
local THROUGH = octal "0711"
local LINES_MAX = 200

--- A new path for a scratch directory, which is the runtime directory of the plan to try.
---@return string path
function trial.place() return BASE .. "/synlua-check-" .. hex.of(system.random(8)) end

-- Keeps only the service's own directories and files below the runtime directory. So no secret of another service gets
-- into the scratch directory. Of a file with two contents it takes the one that names no directory elsewhere, because
-- nginx would make files there.
local function inside(list, runtime, names, services)
  local kept = {}
  for _, item in ipairs(list) do
    for _, name in ipairs(names) do
      local own = services[name].trial.directory .. "/"
      if item.base == runtime and (item.path .. "/"):sub(1, #own) == own then
        kept[#kept + 1] = item.otherwise and {base = item.base, path = item.path, mode = item.mode, uid = item.uid,
          gid = item.gid, bytes = item.otherwise()} or item
      end
    end
  end
  return kept
end

local EVENTS = {"exit", "stopping", "interrupted"}

-- Waits for the end of one program. It is killed after the limit, when this command gets a signal, and when it has said
-- that it is ready.
local function watch(name, tried, on_end)
  local interrupted, late, ready = false, false, false
  local function kill() process.signal(name, "KILL") end
  local limit = loop.timer(LIMIT, function()
    late = true
    kill()
  end)
  output.on_line(function(of, text)
    if of == name and not ready and tried.ready and text:find(tried.ready, 1, true) then
      ready = true
      kill()
    end
  end)
  local function stop()
    interrupted = true
    kill()
  end
  loop.on("interrupted", stop)
  loop.on("stopping", stop)
  loop.on("exit", function(exit)
    limit:close()
    output.on_line(nil)
    for _, event in ipairs(EVENTS) do loop.on(event, nil) end
    local good = ready or not tried.ready and exit.kind == "exit" and exit.code == 0
    on_end({good = good, signal = exit.signal, interrupted = interrupted, late = late})
  end)
end

local function why(ended)
  if ended.late then return ("did not end in %d s: killed"):format(LIMIT // 1000) end
  return ended.signal and "was ended by " .. ended.signal or nil
end

-- What one program's end means. Paths of the scratch directory would be gone when somebody looks for them.
local function judge(all, name, running, ended)
  all.interrupted = all.interrupted or ended.interrupted
  if ended.good or ended.interrupted then return end
  local lines = output.last_lines(running, LINES_MAX)
  local found = complaints.read(lines, all.files, all.plan.services[name].trial, name)
  table.move(found, 1, #found, #all.problems + 1, all.problems)
  for _, line in ipairs(#found == 0 and lines or {}) do
    all.said[#all.said + 1] = ("%s: %s"):format(name, (line:gsub(all.plan.paths.runtime:gsub("%p", "%%%0"), all.real)))
  end
  if #found == 0 then
    all.problems[#all.problems + 1] = {where = name, what = why(ended) or "refuses its configuration",
      hint = "look at its lines above, and at your own files in the user directory; synlua render DIR writes its file"}
  end
end

local function try_next(all, at)
  local name = all.names[at]
  if not name or all.interrupted then
    all.clear()
    return all.on_end({interrupted = all.interrupted, problems = all.problems, said = all.said})
  end
  local service, running = all.plan.services[name], name .. " trial"
  local started = service.process
  local ok, what = process.spawn {name = running, argv = service.trial.argv, cwd = started.cwd or "/",
    environment = started.environment, uid = started.uid, gid = started.gid, stop_signal = "KILL"}
  if not ok then
    all.problems[#all.problems + 1] = {where = name, what = what, hint = "install " .. name}
    return try_next(all, at + 1)
  end
  watch(running, service.trial, function(ended)
    judge(all, name, running, ended)
    try_next(all, at + 1)
  end)
end

--- Tries the files of some services one after the other, and calls on_end after the scratch directory was removed.
---@param plan Plan with trial.place() as its runtime directory
---@param files File[]
---@param options {names: string[], runtime: string} the services; the real runtime directory
---@param on_end fun(ended: TrialEnd)
---@return Problem|nil problem if nothing could be tried
function trial.run(plan, files, options, on_end)
  local runtime, privileged, names = plan.paths.runtime, system.identity().uid == 0, options.names
  local name = runtime:sub(#BASE + 2)
  local function clear() file.remove_tree(BASE, name) end
  local scratch = {base = BASE, path = name, mode = THROUGH, uid = 0, gid = 0}
  local wanted = {scratch, table.unpack(inside(plan.directories, runtime, names, plan.services))}
  local made, problem = directories.make(wanted, privileged)
  if made then made, problem = write.files(inside(files, runtime, names, plan.services), privileged) end
  if not made then
    clear()
    return problem
  end
  try_next({plan = plan, files = files, names = names, real = options.runtime, clear = clear, on_end = on_end,
    problems = {}, said = {}, interrupted = false}, 1)
end

return trial
