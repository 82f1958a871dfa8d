-- What each service may do beyond what its user may. None needs a capability to do its work: directories are made and
-- given away by synlua, and what listens below port 1024 is refused where its user may not.
--
-- no_new_privs is set for all of them (core/process/spawn.c), so that no program with a set-user-id bit or capabilities
-- of its own gives any back. There is no filter of system calls and no Landlock: engines bring a filter, Synapse loads
-- modules and PostgreSQL extensions that nobody here knows, and the paths that the admin's files name are read by
-- Synapse alone, so that what costs nothing would hold nothing.

local confine = {}

local NET_BIND_SERVICE = 10

-- By the file below services/: what it keeps of what synlua has, and why. Others keep nothing.
confine.KEPT = {
  -- Started as a user who may take ports below 1024 (AmbientCapabilities of systemd), nginx is the one who takes them.
  nginx = 1 << NET_BIND_SERVICE,
}

--- A mask of capabilities; nil where nothing is taken: a service that is root's on purpose works with files of anybody.
---@param view View
---@param owner string the service's file
---@param process table of its plan
---@return integer|nil
function confine.capabilities(view, owner, process)
  local uid = process.uid or view.users.own.uid
  if uid == 0 then return nil end
  return process.uid and 0 or confine.KEPT[owner] or 0 -- a change of user takes all of them in any case
end

return confine
