-- EDGE
-- Finds what would fail at the start, before anything is started or written: missing programs, directories that a
-- service's user cannot reach. disk/listening.lua looks at ports and sockets.

local directories = require "disk.directories"
local file = require "core.file"
local owners = require "disk.owners"
local ownership = require "plan.identity.ownership"
local room = require "disk.room"
local signing = require "plan.identity.signing"
local installed = require "input.installed"
local listening = require "disk.listening"
local unreadable = require "input.unreadable"

local preflight = {}

-- Whether a user has these permission bits (4 read, 2 write, 1 search). Root has all.
local function allows(stat, user, bits)
  if user.uid == 0 then return true end
  local class = stat.uid == user.uid and 6 or stat.gid == user.gid and 3 or 0
  return (stat.mode >> class) & bits == bits
end

local function parents(path)
  local list = {"/"}
  for at in path:gmatch "()/" do
    if at > 1 then list[#list + 1] = path:sub(1, at - 1) end
  end
  return list
end

local function unreachable(reach, path, need)
  return {where = path, what = ("cannot be %s by %s (uid %d)"):format(need, reach.service, reach.uid),
    hint = (reach.exists or reach.socket) and reach.hint
      or ("give uid %d access (chmod o+x), choose another place, or set UID and GID to its owner"):format(reach.uid)}
end

-- The result of stat as it will be after the start has changed owners.
local function look(plan, path)
  local stat = file.stat(path)
  local task = stat and ownership.mends(plan, path)
  if task and owners.gives(task) then stat.uid, stat.gid = task.uid, task.gid end
  local owner = stat and owners.homeserver(plan, path, stat)
  if owner then stat.uid, stat.gid, stat.mode = owner.uid, owner.gid, owner.mode end
  return stat
end

-- The first directory on the way that the user cannot enter. One that does not exist yet will be made by synlua, with
-- the right mode.
local function way_problem(reach, path)
  for _, parent in ipairs(parents(path)) do
    local stat = reach.look(parent)
    if stat and not allows(stat, reach, 1) then return unreachable(reach, parent, "entered") end
  end
end

-- Whether a Python has a package. True if its files do not show that.
local function has_package(python, package)
  local places = installed.packages(python)
  for _, place in ipairs(places or {}) do
    if file.stat(place .. "/" .. package .. "/__init__.py") then return true end
  end
  return places == nil
end

-- Even root cannot run a file without any x bit.
local function is_program(stat) return stat.kind == "file" and stat.mode & 73 ~= 0 end -- 0111

local function program_problem(reach, stat)
  if not stat then return {where = reach.path, what = "does not exist", hint = reach.hint} end
  if reach.program and not is_program(stat) then
    return {where = reach.path, what = "is no program: it is not an executable file", hint = reach.hint}
  elseif reach.exists and reach.directory and stat.kind ~= "directory" then
    return {where = reach.path, what = "is no directory", hint = reach.hint}
  end
  if reach.package and not has_package(reach.path, reach.package) then
    return {where = reach.path, what = "has no package " .. reach.package, hint = reach.hint}
  end
end

-- Whether the service can use the path itself: run it, write to it or read it.
local function use_problem(reach, stat)
  if not stat then return end
  if reach.read and stat.kind == "directory" then
    return {where = reach.path, what = "is a directory, not a file", hint = unreadable.DIRECTORY}
  end
  for _, use in ipairs {{reach.program, 5, "run"}, {reach.write, 3, "written to"}, {reach.exists and reach.directory, 5,
    "read"}, {reach.read, 4, "read"}} do
    if use[1] and not allows(stat, reach, use[2]) then return unreachable(reach, reach.path, use[3]) end
  end
end

-- A socket that nginx will make. If another kind of file has that path, synlua does not remove it.
local function socket_problem(reach, stat)
  if stat and stat.kind ~= "socket" then
    return {where = reach.path, what = "exists already and is no socket",
      hint = reach.hint or "remove it, or choose another path in listeners"}
  end
  local parent = reach.path:match "^(/.*)/[^/]+$" or "/"
  local directory = file.stat(parent)
  if not directory and reach.made then return end
  if not directory or directory.kind ~= "directory" then
    return {where = parent, what = "is no directory",
      hint = reach.hint or "make it, or choose another path in listeners"}
  elseif not allows(directory, reach, 3) then
    return unreachable(reach, parent, "written to")
  end
end

local function reach_problem(reach)
  local real = file.realpath(reach.path) or reach.path
  local stat = reach.look(real)
  local fault = (reach.program or reach.exists) and program_problem(reach, stat)
  if reach.socket then return way_problem(reach, reach.path) or socket_problem(reach, stat) end
  return fault or way_problem(reach, real) or way_problem(reach, reach.path) or use_problem(reach, stat)
end

-- Whether the start leaves the directory to its owner. One of root's is given to the service's user, unless the admin
-- forbids it; one of another user only if the admin asks for it.
local function is_foreign(item, stat, path)
  if item.adopt == "empty" then return stat.uid ~= 0 or not directories.is_empty(path) end
  return item.adopt == "none" or (item.adopt == "root" and stat.uid ~= 0)
end

local function foreign_problem(item, stat, path)
  local user = item.user or item
  local hint = ("set UID=%d and GID=%d, or SYNLUA_CHOWN=yes to give it and all in it to uid %d"):format(stat.uid,
    stat.gid, user.uid)
  if item.adopt == "empty" then hint = ("chown -R %d:%d %s, or name another"):format(user.uid, user.gid, path) end
  return {where = path, what = ("belongs to uid %d, and uid %d cannot write to it"):format(stat.uid, user.uid),
    hint = hint}
end

-- A directory that does not fit although synlua, as root, may change owners.
local function given_problem(item, stat, path)
  if is_foreign(item, stat, path) and not allows(stat, item.user or item, 3) then
    return foreign_problem(item, stat, path)
  elseif item.only and stat.uid ~= 0 and stat.uid ~= item.uid then
    local what = "belongs to uid %d, but %s runs as uid %d: it must belong to that user or to root"
    local hint = "find out who made it; if it is the right one: chown -R %d:%d %s"
    return {where = path, what = what:format(stat.uid, item.service, item.uid),
      hint = hint:format(item.uid, item.gid, path)}
  end
end

-- A directory that exists and does not fit: another user would have to own it, or we cannot write to it.
local function directory_problem(plan, item, host)
  local path = item.path == "" and item.base or item.base .. "/" .. item.path
  if item.optional then return end
  local stat = item.adopt == "empty" and look(plan, path) or file.stat(path)
  if not stat then return end
  if stat.kind ~= "directory" then
    return {where = path, what = "is no directory", hint = "remove it, or choose another one"}
  elseif host.uid == 0 then
    return given_problem(item, stat, path)
  elseif not allows(stat, host, 3) then
    return {where = path, what = ("is not writable for uid %d"):format(host.uid),
      hint = "make it writable for that user, or start synlua as another one"}
  end
end

-- A signing key that would be made although the database was used with one.
local function key_problem(plan)
  local key = plan.signing
  if key and key.used and not file.stat(key.path) then return signing.lost(key) end
end

--- Warnings about empty volumes of root's, which the start will give to a service's user.
---@param plan Plan
---@param host Host
---@return Problem[]
function preflight.gifts(plan, host)
  local list = {}
  for _, item in ipairs(host.uid == 0 and plan.directories or {}) do
    local stat = item.adopt == "empty" and file.stat(item.base)
    if stat and stat.uid == 0 and item.uid ~= 0 and stat.kind == "directory" and directories.is_empty(item.base) then
      list[#list + 1] = {where = item.base,
        what = ("is empty and belongs to root, and uid %d cannot write to it"):format(item.uid),
        hint = "the next start gives it to that user"}
    end
  end
  return list
end

local function expects_no_listeners(plan, options)
  return options.only_files or options.beside_running and listening.in_use(plan.instances[1].addresses.public)
end

--- Problems of the host with this plan.
---@param plan Plan
---@param input Input
---@param options? {beside_running?: boolean, only_files?: boolean} beside_running: an instance may already run with
--- this plan; only_files: no service will be started
---@return Problem[]
function preflight.check(plan, input, options)
  local problems, seen = {}, {}
  local function add(problem)
    if problem and not seen[problem.where .. problem.what] then
      seen[problem.where .. problem.what] = true
      problems[#problems + 1] = problem
    end
  end
  for _, reach in ipairs(plan.reaches) do
    reach.look = function(path) return look(plan, path) end
    add(reach_problem(reach))
  end
  add(key_problem(plan))
  for _, item in ipairs(plan.directories) do add(directory_problem(plan, item, input.host)) end
  local busy = expects_no_listeners(plan, options or {}) and {} or listening.problems(plan)
  for _, list in ipairs {room.problems(plan), busy} do
    for _, problem in ipairs(list) do add(problem) end
  end
  return problems
end

return preflight
