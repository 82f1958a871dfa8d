-- EDGE
-- Puts what a plan needs on disk: directories, locks, owners, files, in this order.

local file = require "core.file"
local octal = require "lib.octal"
local owners = require "disk.owners"
local system = require "core.system"
local write = require "disk.write"

local prepare = {}

local LOCK = ".synlua.lock"

local function locked(directory, variable)
  local ok, what, name = system.lock(directory, LOCK)
  if ok then return true end
  if name ~= "EAGAIN" then return nil, {where = directory, what = what, hint = "mend that, or set " .. variable} end
  return nil, {where = directory, what = "another synlua runs with this directory",
    hint = "stop the other one, or set another " .. variable}
end

-- What is made now, and only that, is in the runtime directory afterwards.
local function own_runtime(plan, files)
  local base, made = plan.paths.runtime, write.made_by_us(plan.paths.runtime, LOCK)
  if not made then
    return nil, {where = base, what = "holds files that synlua did not make", hint = "set SYNLUA_RUNTIME_DIR to a "
      .. "directory of its own: it is emptied at each start"}
  end
  local ok, problem = locked(base, "SYNLUA_RUNTIME_DIR")
  if not ok then return nil, problem end
  return write.clear(base, files, LOCK)
end

-- The files, and what is noted when everything below has fitted.
local function finish(plan, files, privileged, fits)
  owners.close_secrets(plan)
  local kept, problem = true, nil
  if privileged then kept, problem = owners.keep_homeserver(plan) end
  if not kept then return nil, problem end
  local written
  written, problem = write.files(files, privileged)
  if written and fits then
    local ok
    ok, problem = owners.record(plan)
    if not ok then return nil, problem end
  end
  return written, problem
end

--- Everything of a start. Nothing of a running instance is ever changed.
---@param plan Plan
---@param files File[]
---@param privileged boolean
---@return integer|nil written how many files changed
---@return Problem? problem
function prepare.start(plan, files, privileged)
  local runtime = {base = plan.paths.runtime, path = "", mode = octal "0755"}
  local data = write.in_base(plan.directories, plan.paths.data)
  local ok, problem = write.directories({runtime, table.unpack(data)}, privileged)
  if ok then ok, problem = locked(plan.paths.data, "SYNAPSE_DATA_DIR") end
  if ok then ok, problem = own_runtime(plan, files) end
  local fits
  if ok then
    fits, problem = owners.apply(plan)
    ok = fits ~= nil
  end
  if ok then ok, problem = write.directories(plan.directories, privileged) end
  if ok then ok, problem = write.try(plan.directories) end
  if not ok then return nil, problem end
  return finish(plan, files, privileged, fits)
end

--- Only what lasts: what is below the runtime directory is not touched.
---@param plan Plan
---@param files File[]
---@param privileged boolean
---@return string[]|nil paths that were missing and are there now
---@return Problem? problem
function prepare.lasting(plan, files, privileged)
  local directories, kept, made = {}, {}, {}
  for _, item in ipairs(plan.directories) do
    if item.base ~= plan.paths.runtime then directories[#directories + 1] = item end
  end
  for _, item in ipairs(files) do
    local path = item.base .. "/" .. item.path
    if item.base ~= plan.paths.runtime then kept[#kept + 1] = item end
    if item.base ~= plan.paths.runtime and not file.stat(path) then made[#made + 1] = path end
  end
  local ok, problem = write.directories(directories, privileged)
  if ok then ok, problem = locked(plan.paths.data, "SYNAPSE_DATA_DIR") end
  if ok then ok, problem = write.files(kept, privileged) end
  if not ok then return nil, problem end
  return made
end

return prepare
