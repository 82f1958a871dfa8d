-- EDGE
-- Gives the files of the data directory to the users who need them, or warns about those that do not fit.

local file = require "core.file"
local log = require "core.log"
local octal = require "lib.octal"
local own = require "core.own"
local records = require "lib.records"
local system = require "core.system"

local owners = {}

local ENTRIES, PROGRESS_MS = 2000, 2000
local GROUP_READS, READABLE, OTHERS_WRITE = octal "0040", octal "0440", octal "0022"

local function problem(where, what) return {where = where, what = what, hint = "mend that, then start again"} end

local WHY = {
  linked = "has several names, so it keeps its owner, uid %d",
  device = "is a device, so it keeps its owner, uid %d",
  deep = "lies too deep, and keeps its owner, uid %d",
  refused = "belongs to uid %d, which cannot be changed there",
}

local function describe(task, misfit)
  if misfit.why == "closed" then return ("belongs to uid %d, and uid %d cannot use it"):format(misfit.uid, task.uid) end
  return WHY[misfit.why]:format(misfit.uid)
end

local function report_change(task, counts)
  if counts.changed == 0 then return end
  log.write("info", ("%s: %d of %d files and directories now belong to %d:%d; this is done once"):format(task.base,
    counts.changed, counts.seen, task.uid, task.gid))
end

local function report(task, counts, named)
  for _, misfit in ipairs(named) do
    log.write("warn", ("%s/%s: %s"):format(task.base, misfit.path, describe(task, misfit)))
  end
  if counts.left > #named then
    log.write("warn", ("%s: %d more files or directories like these"):format(task.base, counts.left - #named))
  end
  if counts.left > 0 then
    log.write("warn", ("to change that, if this directory is the right one: chown -R %d:%d %s"):format(task.uid,
      task.gid, task.base))
  end
  report_change(task, counts)
end

-- What a file system says that takes root for another user.
local DENIED = {EACCES = true, EPERM = true}

--- The problem of a data directory in which root can have nothing of its own, as of a file server that believes it
--- nothing: found before anything is made there.
---@param plan Plan
---@return Problem?
function owners.denied(plan)
  local data, user = plan.paths.data, plan.ownership.user
  local stat = file.stat(data)
  if not stat then return end
  local name = (".synlua.try.%d"):format(system.identity().pid)
  local ok, what, code = file.replace(data, name, "", {mode = octal "0600", uid = 0, gid = 0})
  if ok then file.remove_tree(data, name) end
  if ok or not DENIED[code] then return end
  local owner = stat.uid ~= 0 and stat or user
  return {where = data, what = ("root cannot keep a file of its own there: %s"):format(what),
    hint = ("its file system takes root for another user, as NFS with root_squash does: start synlua as its owner "
      .. "(--user %d:%d), or mount it otherwise"):format(owner.uid, owner.gid)}
end

--- Whether a task may change owners. It may not if its base directory belongs to another user, maybe a person.
---@param task OwnershipTask
---@return boolean
function owners.gives(task)
  local stat = task.adopt == "root" and file.stat(task.base)
  return task.change and (not stat or stat.uid == 0 or stat.uid == task.uid)
end

--- The owner and mode that the start gives to homeserver.yaml. The file belongs to the admin, who is root, and Synapse
--- can read it. One that belongs to Synapse is changed to that. One of root's that Synapse cannot read is changed only
--- if the start changes owners at all.
---@param plan Plan
---@param path string
---@param stat table of the file at path
---@return table? owner nil: nothing changes, or it is another file
function owners.homeserver(plan, path, stat)
  local user = plan.ownership.user
  if path ~= plan.ownership.homeserver or stat.kind ~= "file" then return end
  local readable = stat.mode & 4 ~= 0 or (stat.gid == user.gid and stat.mode & GROUP_READS ~= 0)
  local given = stat.uid == 0 and not readable and #plan.ownership.tasks > 0
  local foreign = stat.uid ~= 0 and (stat.uid == user.uid or plan.ownership.any)
  if not (given or foreign) then return end
  return {mode = stat.mode & ~OTHERS_WRITE | READABLE, uid = 0, gid = user.gid}
end

-- The paths of a task without homeserver.yaml, which owners.keep_homeserver changes.
local function without_homeserver(plan, task)
  local list = {}
  for _, path in ipairs(task.paths) do
    local full = path == "" and task.base or task.base .. "/" .. path
    local stat = full == plan.ownership.homeserver and file.stat(full)
    if not (stat and owners.homeserver(plan, full, stat)) then list[#list + 1] = path end
  end
  return list
end

local function give_paths(plan, task)
  local base = file.realpath(task.base)
  if not base then return true end
  local change = owners.gives(task)
  local paths = without_homeserver(plan, task)
  local counts, named = own.ways(base, {uid = task.uid, gid = task.gid, change = change}, paths)
  if not counts then return nil, problem(task.base, named) end
  report_change(task, counts)
  for _, misfit in ipairs(named) do
    local path = misfit.path == "." and task.base or task.base .. "/" .. misfit.path
    if change then return nil, problem(path, describe(task, misfit)) end
    log.write("warn", ("%s: %s; chown %d:%d, or let that user read it"):format(path, describe(task, misfit), task.uid,
      task.gid))
  end
  return counts.left == 0
end

local function give_all(_, task)
  local base = file.realpath(task.base)
  if not base then return true end
  local walker, what = own.walk(base, task)
  if not walker then return nil, problem(task.base, what) end
  local said = system.now()
  while true do
    local more, why = walker:step(ENTRIES)
    if more == nil then return nil, problem(task.base, why) end
    local counts, named = walker:counts()
    if not more or (not task.change and counts.left > #named) then
      report(task, counts, named)
      return task.change or counts.left == 0
    end
    if system.now() - said >= PROGRESS_MS then
      said = system.now()
      log.write("info", ("%s: %d files and directories looked at, %d given to %d:%d so far"):format(task.base,
        counts.seen, counts.changed, task.uid, task.gid))
    end
  end
end

--- Carries out the tasks of a plan.
---@param plan Plan
---@return boolean|nil fits nil: it failed; false: some file does not fit, so the next start checks again
---@return Problem? problem
function owners.apply(plan)
  local fits = true
  for _, task in ipairs(plan.ownership.tasks) do
    local fit, fault = (task.paths and give_paths or give_all)(plan, task)
    if fit == nil then return nil, fault end
    fits = fits and fit
  end
  return fits
end

--- Closes the secrets that synlua keeps to all but their owner, also those that an earlier image made. A secret of
--- another user is left alone, because Synapse could not read it any more.
---@param plan Plan
function owners.close_secrets(plan)
  for _, path in ipairs(plan.ownership.secrets) do
    local base, name = path:match "^(/.*)/([^/]+)$"
    local stat = base and file.stat(path)
    if stat and stat.uid == plan.ownership.user.uid and stat.mode & octal "0177" ~= 0 then
      file.give(base, name, stat.uid, {mode = stat.mode & octal "0600"})
    end
  end
end

--- Gives homeserver.yaml to root, if owners.homeserver says so.
---@param plan Plan
---@return true|nil
---@return Problem? problem where Synapse cannot read it, and never will
function owners.keep_homeserver(plan)
  local path, user = plan.ownership.homeserver, plan.ownership.user
  local stat = path and file.stat(path)
  local owner = stat and owners.homeserver(plan, path, stat)
  if not owner then return true end
  local base, name = path:match "^(.*)/([^/]+)$"
  local ok, what = file.give(base == "" and "/" or base, name, stat.uid, owner)
  if ok then
    log.write("info", ("%s: now belongs to root, and uid %d can read it"):format(path, user.uid))
  elseif stat.uid == 0 then
    return nil, {where = path,
      what = ("is closed to uid %d, and that cannot be changed here: %s"):format(user.uid, what),
      hint = ("let gid %d read it where it comes from, or mount it read-only: then Synapse gets a copy"):format(
        user.gid)}
  else
    log.write("warn", ("%s: still belongs to uid %d: %s"):format(path, stat.uid, what))
  end
  return true
end

--- Records that the owners are right, so that later starts need not check them.
---@param plan Plan
---@return true|nil
---@return Problem? problem
function owners.record(plan)
  local data = plan.paths.data
  if file.read_below(data, records.OWNERS) == plan.ownership.record then return true end
  local ok, what = file.replace(data, records.OWNERS, plan.ownership.record, {mode = octal "0644"})
  if not ok then return nil, problem(data, what) end
  return true
end

return owners
