-- Plans the owners of the files in the data directory: which files are given to a service's user, once, and which are
-- only checked. In a directory that holds only configuration, these are the files that Synapse must read.

local grounds = require "plan.identity.grounds"
local handed = require "plan.homeserver.handed"
local tables = require "lib.tables"
local records = require "lib.records"
local named_files = require "plan.homeserver.named_files"
local secrets = require "plan.identity.secrets"

local ownership = {}

---@class OwnershipTask
---@field area "data"|"postgres"|"config"
---@field base string
---@field uid integer
---@field gid integer
---@field change boolean give what is another user's; else tell what that user cannot use
---@field skip string[] relative paths
---@field inside? boolean only what is below the base
---@field paths? string[] relative: only these, and the way to them, where they cannot be read; "": the base as well
---@field adopt? "root"|"any" whose the base must be to be changed: root's or the user's own, or anybody's

-- Files that belong to root, or to another user on purpose. A volume may have lost+found.
local KEPT = {"lost+found", "postgres", "prometheus", records.SERVICES, ".synlua.lock", records.DATABASE, records.JOBS,
  records.NGINX, records.METRICS, records.OWNERS, records.RESTORED, records.RESTORING, records.SYNAPSE, records.TRIED}

-- Files of the admin. Those that Synapse reads are made readable for it.
local ADMINS = {"homeserver.yaml", "homeserver.d", records.WELL_KNOWN}

local function below(path, base)
  return path and path:sub(1, #base + 1) == base .. "/" and path:sub(#base + 2) or nil
end

local function left_out(view, change)
  local settings, list = view.settings, {table.unpack(KEPT)}
  for _, name in ipairs(change and ADMINS or {}) do list[#list + 1] = name end
  for _, path in ipairs {settings.SYNLUA_BACKUP_DIR, settings.SYNLUA_USER_DIR, settings.SYNLUA_RUNTIME_DIR} do
    list[#list + 1] = below(path, view.paths.data)
  end
  for _, part in ipairs {"certificate", "key"} do -- and their directory
    local path = view.tls[part] and view.tls[part].path or ""
    list[#list + 1] = below(path:match "^(.*)/", view.paths.data) or below(path, view.paths.data)
  end
  for path in tables.sorted(view.input.copies or {}) do list[#list + 1] = below(path, view.paths.data) end
  return list
end

local function line(task)
  return ("%s %d:%d%s"):format(task.area, task.uid, task.gid, task.paths and " " .. task.base or "")
end

-- Whether the directory holds files of a homeserver. If it was named by mistake, its owners are not changed.
local function is_known(view)
  local store = view.input.store
  return next(view.input.keys) ~= nil or store.record ~= nil or store.sqlite ~= nil or store.cluster ~= nil
    or view.admin.file ~= nil and below(view.paths.homeserver, view.paths.data) ~= nil
end

-- Directories of configuration that lie neither in the data directory nor in each other.
local function config_places(view)
  local paths, list = view.paths, {}
  for _, place in ipairs {paths.config, paths.homeserver:match "^(.*)/"} do
    local inside = place == "" or place == paths.data or below(place, paths.data)
    for _, other in ipairs(list) do inside = inside or place == other or below(place, other) end
    if not inside then list[#list + 1] = place end
  end
  return list
end

-- Relative paths below one of them that Synapse must read, and the directory itself; none where all of them are copied.
local function to_be_read(view, place)
  local paths, inside, copied = {}, 0, 0
  if place == view.paths.config then paths[1] = "" end
  for _, path in ipairs(named_files.all(view)) do
    local elsewhere = path == view.paths.data or below(path, view.paths.data)
    local inner = not elsewhere and below(path, place)
    if inner then inside = inside + 1 end
    if inner and handed.is(view, path) then copied = copied + 1 elseif inner then paths[#paths + 1] = inner end
  end
  return copied > 0 and copied == inside and {} or paths
end

local function config_tasks(view, user, change, list)
  if user.uid == 0 or not view.admin.file then return end
  for _, place in ipairs(config_places(view)) do
    list[#list + 1] = {area = "config", base = place, uid = user.uid, gid = user.gid, change = change, skip = {},
      paths = to_be_read(view, place), adopt = view.settings.SYNLUA_CHOWN and "any" or "root"}
  end
end

local function wanted(view)
  local users, paths = view.users, view.paths
  local change = users.own.uid == 0 and view.settings.SYNLUA_CHOWN ~= false
  local list = {}
  if users.synapse.uid ~= 0 then
    list[1] = {area = "data", base = paths.data, uid = users.synapse.uid, gid = users.synapse.gid, change = change,
      skip = left_out(view, change), inside = grounds.shared(view)}
  end
  local postgres = users.postgres
  -- This includes a cluster that is about to be made. Otherwise the next start would have to change the record.
  if postgres and postgres.drop and (view.input.store.cluster or view.database.kind == "builtin") then
    list[#list + 1] = {area = "postgres", base = paths.data .. "/postgres", uid = postgres.uid, gid = postgres.gid,
      change = change, skip = {}, adopt = "root"}
  end
  config_tasks(view, users.synapse, change, list)
  return list
end

--- The tasks of this start, and the record of them for later starts.
---@param view View
---@return {tasks: OwnershipTask[], record: string, secrets: string[], user: {uid: integer}, homeserver?: string,
--- any: boolean} homeserver: the path of the file that becomes root's; any: whoever owns it
function ownership.plan(view)
  local lines, done, tasks = {}, {}, {}
  for text in (view.input.store.owners or ""):gmatch "[^\n]+" do done[text] = true end
  local look = is_known(view) or view.settings.SYNLUA_CHOWN == true
  for _, task in ipairs(wanted(view)) do
    lines[#lines + 1] = line(task)
    if (look or task.paths) and not done[line(task)] then tasks[#tasks + 1] = task end
  end
  table.sort(lines)
  local homeserver = grounds.shared(view) and view.settings.SYNLUA_CHOWN ~= false
    and not handed.is(view, view.paths.homeserver)
  return {tasks = tasks, secrets = secrets.kept(view), user = view.users.synapse,
    homeserver = homeserver and view.paths.homeserver or nil, any = view.settings.SYNLUA_CHOWN == true,
    record = "# synlua has set the owners of these places. Remove this file to have them set again.\n"
      .. table.concat(lines, "\n") .. "\n"}
end

local function is_on_the_way(task, path)
  for _, one in ipairs(task.paths) do
    local leaf = one == "" and task.base or task.base .. "/" .. one
    if path == leaf or (path ~= task.base and below(leaf, path)) then return true end
  end
  return false
end

local function covers(task, path)
  local inner = path == task.base and "" or below(path, task.base)
  if not inner then return false end
  if task.paths then return is_on_the_way(task, path) end
  for _, skip in ipairs(task.skip) do
    if inner == skip or below(inner, skip) then return false end
  end
  return true
end

--- The task that will give a path to its user.
---@param plan {ownership: {tasks: OwnershipTask[]}}
---@param path string
---@return OwnershipTask?
function ownership.mends(plan, path)
  for _, task in ipairs(plan.ownership.tasks) do
    if task.change and covers(task, path) then return task end
  end
end

return ownership
