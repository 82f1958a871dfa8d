-- EDGE
-- Lets nginx try a configuration in a scratch directory, so that nothing of a running instance is touched.

local file = require "core.file"
local hex = require "lib.hex"
local loop = require "core.loop"
local octal = require "lib.octal"
local process = require "core.process"
local system = require "core.system"
local write = require "disk.write"

local trial = {}

local BASE = "/tmp"
local PRIVATE = octal "0700"

--- A new name for a scratch directory: the runtime directory of the plan that is tried.
---@return string path
function trial.place() return BASE .. "/synlua-check-" .. hex.of(system.random(8)) end

-- Only what belongs below the runtime directory, and naming nothing elsewhere that nginx would make.
local function inside(list, runtime)
  local kept = {}
  for _, item in ipairs(list) do
    if item.base == runtime then
      kept[#kept + 1] = item.otherwise
        and {base = item.base, path = item.path, mode = item.mode, bytes = item.otherwise()} or item
    end
  end
  return kept
end

--- Runs nginx -t and tells how it went; the scratch directory is gone by then.
---@param plan Plan with trial.place() as its runtime directory
---@param files File[]
---@param on_end fun(good: boolean, signal: string?) signal: that nginx died of
---@return Problem|nil problem where it could not be tried
function trial.nginx(plan, files, on_end)
  local runtime = plan.paths.runtime
  local name = runtime:sub(#BASE + 2)
  local function clear() file.remove_tree(BASE, name) end
  local directories = {{base = BASE, path = name, mode = PRIVATE}, table.unpack(inside(plan.directories, runtime))}
  local made, problem = write.directories(directories, false)
  if made then made, problem = write.files(inside(files, runtime), false) end
  if not made then
    clear()
    return problem
  end
  local argv = {plan.services.nginx.process.argv[1], "-t", "-q", "-c", plan.paths.nginx}
  local ok, why = process.spawn {name = "nginx -t", argv = argv, environment = {"PATH=/usr/bin:/bin"}}
  if not ok then
    clear()
    return {where = "nginx", what = why, hint = "install nginx"}
  end
  loop.on("exit", function(exit)
    clear()
    on_end(exit.kind == "exit" and exit.code == 0, exit.signal)
  end)
end

return trial
