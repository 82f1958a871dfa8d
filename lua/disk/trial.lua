-- EDGE
-- Runs nginx -t on a configuration, as nginx's user and in a scratch directory. So a running instance is not touched,
-- and nginx makes no socket where a service could put a link in its place.

local file = require "core.file"
local hex = require "lib.hex"
local loop = require "core.loop"
local octal = require "lib.octal"
local process = require "core.process"
local system = require "core.system"
local write = require "disk.write"

local trial = {}

---@class TrialEnd
---@field good boolean
---@field signal? string the signal that ended nginx
---@field interrupted boolean this command itself got a signal to end
---@field late? integer it was killed after this many seconds

local BASE = "/tmp"
local NAME = "nginx -t"
local LIMIT = 10000 -- ms; nginx -t takes less than 100 unless it waits for a name server
local THROUGH = octal "0711"

--- A new path for a scratch directory, which is the runtime directory of the plan to try.
---@return string path
function trial.place() return BASE .. "/synlua-check-" .. hex.of(system.random(8)) end

-- Keeps only nginx's own directories and files below the runtime directory. So no secret of another service gets into
-- the scratch directory. Of a file with two contents it takes the one that names no directory elsewhere, because nginx
-- would make files there.
local function inside(list, runtime)
  local kept = {}
  for _, item in ipairs(list) do
    if item.base == runtime and (item.path .. "/"):find "^nginx/" then
      kept[#kept + 1] = item.otherwise and {base = item.base, path = item.path, mode = item.mode, uid = item.uid,
        gid = item.gid, bytes = item.otherwise()} or item
    end
  end
  return kept
end

-- Waits for the end of nginx -t. It is killed after the limit, or when this command gets a signal.
local function watch(on_end)
  local interrupted, late = false, false
  local function kill() process.signal(NAME, "KILL") end
  local limit = loop.timer(LIMIT, function()
    late = true
    kill()
  end)
  loop.on("interrupted", function()
    interrupted = true
    kill()
  end)
  loop.on("exit", function(exit)
    limit:close()
    on_end({good = exit.kind == "exit" and exit.code == 0, signal = exit.signal, interrupted = interrupted,
      late = late and LIMIT // 1000 or nil})
  end)
end

--- Runs nginx -t, and calls on_end with the result after the scratch directory was removed.
---@param plan Plan with trial.place() as its runtime directory
---@param files File[]
---@param on_end fun(ended: TrialEnd)
---@return Problem|nil problem if nginx -t could not be started
function trial.nginx(plan, files, on_end)
  local runtime, privileged = plan.paths.runtime, system.identity().uid == 0
  local name = runtime:sub(#BASE + 2)
  local function clear() file.remove_tree(BASE, name) end
  local scratch = {base = BASE, path = name, mode = THROUGH, uid = 0, gid = 0}
  local directories = {scratch, table.unpack(inside(plan.directories, runtime))}
  local made, problem = write.directories(directories, privileged)
  if made then made, problem = write.files(inside(files, runtime), privileged) end
  if not made then
    clear()
    return problem
  end
  local service = plan.services.nginx.process
  local ok, why = process.spawn {name = NAME, argv = {service.argv[1], "-t", "-q", "-c", plan.paths.nginx}, cwd = "/",
    environment = service.environment, uid = service.uid, gid = service.gid}
  if not ok then
    clear()
    return {where = "nginx", what = why, hint = "install nginx"}
  end
  watch(function(ended)
    clear()
    on_end(ended)
  end)
end

return trial
