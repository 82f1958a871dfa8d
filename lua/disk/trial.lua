-- EDGE
-- Lets nginx try a configuration as its own user and in a scratch directory: nothing of a running instance is touched,
-- and no socket is made where a service could put something else in its place.

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
---@field signal? string that nginx died of
---@field interrupted boolean a signal ends this command
---@field late? integer after how many seconds it was given up

local BASE = "/tmp"
local NAME = "nginx -t"
local LIMIT = 10000 -- ms; it takes less than 100, and waits only for name servers
local THROUGH = octal "0711"

--- A new name for a scratch directory: the runtime directory of the plan that is tried.
---@return string path
function trial.place() return BASE .. "/synlua-check-" .. hex.of(system.random(8)) end

-- Only what is nginx's below the runtime directory: no secret of another service lies in the scratch directory, and its
-- file names nothing elsewhere that nginx would make.
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

-- Waits for it no longer than the limit, and not at all once a signal ends this command.
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

--- Runs nginx -t and tells how it went; the scratch directory is gone by then.
---@param plan Plan with trial.place() as its runtime directory
---@param files File[]
---@param on_end fun(ended: TrialEnd)
---@return Problem|nil problem where it could not be tried
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
