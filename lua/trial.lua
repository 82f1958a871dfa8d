-- EDGE
-- Lets nginx try a configuration in a scratch directory, so that nothing of a running instance is touched.

local catalog = require "catalog"
local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local stages = require "stages"
local start = require "start"
local system = require "core.system"
local write = require "files.write"
local yaml = require "lib.yaml"

local trial = {}

local function scratch_name()
  return "synlua-check-" .. system.random(8):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
end

-- Only what belongs below the runtime directory.
local function inside(list, runtime)
  local kept = {}
  for _, item in ipairs(list) do
    if item.base == runtime then kept[#kept + 1] = item end
  end
  return kept
end

--- Runs nginx -t; the loop ends the program with 0 or 78.
---@param input Input
---@return integer|nil status where it could not be tried
function trial.nginx(input)
  local name = scratch_name()
  local runtime = "/tmp/" .. name
  input.environment.SYNLUA_RUNTIME_DIR, input.environment.SYNLUA_RUNTIME_DIR_FILE = runtime, nil
  local done = stages.run(input, catalog.services(), {encode = yaml.encode})
  local directories = {{base = "/tmp", path = name, mode = 448}, table.unpack(inside(done.plan.directories, runtime))}
  local made, problem = write.directories(directories, false)
  if made then made, problem = write.files(inside(done.files, runtime), false) end
  local function finish(status)
    file.remove_tree("/tmp", name)
    return status
  end
  if not made then return finish(start.report({problem}, {})) end
  local argv = {done.plan.services.nginx.process.argv[1], "-t", "-q", "-c", done.plan.paths.nginx}
  local ok, why = process.spawn {name = "nginx -t", argv = argv, environment = {"PATH=/usr/bin:/bin"}}
  if not ok then return finish(start.report({{where = "nginx", what = why, hint = "install nginx"}}, {})) end
  loop.on("exit", function(exit)
    local good = exit.kind == "exit" and exit.code == 0
    finish()
    if good then
      io.stdout:write("the configuration is good\n")
    else
      log.write("error", ("exit %d: nginx refuses its configuration"):format(start.EX_CONFIG))
    end
    loop.stop(good and 0 or start.EX_CONFIG)
  end)
end

return trial
