-- Decides which capabilities each service keeps. No service needs one for its work: synlua makes directories and sets
-- their owners, and a port below 1024 is refused if the service's user may not use it.
--
-- no_new_privs is set for all services (core/process/spawn.c), so that no program with a set-user-id bit or with file
-- capabilities can give any back. There is no filter of system calls and no Landlock. Engines have a filter already.
-- Synapse loads modules, and PostgreSQL loads extensions, and we do not know what they need. The admin's files name
-- paths that only Synapse reads, so rules that allow them all would forbid nothing that matters.

local confine = {}

local NET_BIND_SERVICE = 10

-- By the service's file: the capabilities that it keeps of those of synlua, with the reason. Others keep none.
confine.KEPT = {
  -- If synlua runs as a user who may use ports below 1024 (systemd's AmbientCapabilities), nginx needs that right.
  nginx = 1 << NET_BIND_SERVICE,
}

--- A mask of capabilities. nil if the service keeps all: one that runs as root on purpose works with files of any user.
---@param view View
---@param owner string the service's file
---@param process table of its plan
---@return integer|nil
function confine.capabilities(view, owner, process)
  local uid = process.uid or view.users.own.uid
  if uid == 0 then return nil end
  return process.uid and 0 or confine.KEPT[owner] or 0 -- a change of user drops all of them anyway
end

return confine
