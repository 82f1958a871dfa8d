-- EDGE
-- Makes everything on disk that a plan needs: directories, locks, owners and files, in this order.

local directories = require "disk.directories"
local file = require "core.file"
local octal = require "lib.octal"
local owners = require "disk.owners"
local spare = require "disk.spare"
local system = require "core.system"
local write = require "disk.write"

local prepare = {}

local LOCK = ".synlua.lock"

--- Takes a directory for this process alone.
---@param directory string
---@param variable string that names it
---@return true|nil
---@return Problem?
function prepare.lock(directory, variable)
  local ok, what, name = system.lock(directory, LOCK)
  if ok then return true end
  local own, hint = system.identity(), "mend that, or set " .. variable
  if name == "EACCES" and own.uid ~= 0 then -- a start as root has made it
    hint = ("start as root, as before, or give all of it to this user: chown -R %d:%d %s"):format(own.uid, own.gid,
      directory)
  end
  if name ~= "EAGAIN" then return nil, {where = directory, what = what, hint = hint} end
  return nil, {where = directory, what = "another synlua runs with this directory",
    hint = "stop the other one, or set another " .. variable}
end

-- Takes the runtime directory and removes everything from it that this plan does not make.
local function own_runtime(plan, files)
  local base, made = plan.paths.runtime, directories.made_by_us(plan.paths.runtime, LOCK)
  if not made then
    return nil, {where = base, what = "holds files that synlua did not make", hint = "set SYNLUA_RUNTIME_DIR to a "
      .. "directory of its own: it is emptied at each start"}
  end
  local ok, problem = prepare.lock(base, "SYNLUA_RUNTIME_DIR")
  if not ok then return nil, problem end
  return directories.clear(base, files, LOCK)
end

-- Writes the files. If all owners fit, it records that.
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

--- Prepares the disk for a start. It never changes anything of a running instance, because that holds the locks.
---@param plan Plan
---@param files File[]
---@param privileged boolean
---@return integer|nil written how many files changed
---@return Problem? problem
function prepare.start(plan, files, privileged)
  local denied = privileged and owners.denied(plan)
  if denied then return nil, denied end
  local runtime = {base = plan.paths.runtime, path = "", mode = octal "0755"}
  local data = directories.in_base(plan.directories, plan.paths.data)
  local ok, problem = directories.make({runtime, table.unpack(data)}, privileged)
  if ok then ok, problem = prepare.lock(plan.paths.data, "SYNAPSE_DATA_DIR") end
  if ok then ok, problem = own_runtime(plan, files) end
  local fits
  if ok then
    fits, problem = owners.apply(plan)
    ok = fits ~= nil
  end
  if ok then ok, problem = directories.make(plan.directories, privileged) end
  if ok then ok, problem = directories.try(plan.directories) end
  if not ok then return nil, problem end
  spare.empty(plan.directories)
  return finish(plan, files, privileged, fits)
end

--- Makes only what lasts. The runtime directory is not touched.
---@param plan Plan
---@param files File[]
---@param privileged boolean
---@return string[]|nil paths of the files that were missing and exist now
---@return Problem? problem
function prepare.lasting(plan, files, privileged)
  local denied = privileged and owners.denied(plan)
  if denied then return nil, denied end
  local kept_directories, kept, made = {}, {}, {}
  for _, item in ipairs(plan.directories) do
    if item.base ~= plan.paths.runtime then kept_directories[#kept_directories + 1] = item end
  end
  for _, item in ipairs(files) do
    local path = item.base .. "/" .. item.path
    if item.base ~= plan.paths.runtime then kept[#kept + 1] = item end
    if item.base ~= plan.paths.runtime and not file.stat(path) then made[#made + 1] = path end
  end
  local ok, problem = directories.make(kept_directories, privileged)
  if ok then ok, problem = prepare.lock(plan.paths.data, "SYNAPSE_DATA_DIR") end
  if ok then ok, problem = write.files(kept, privileged) end
  if not ok then return nil, problem end
  return made
end

return prepare
