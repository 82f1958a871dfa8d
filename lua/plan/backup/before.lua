-- The backup before a newer Synapse changes the database. Pure.

local upgrade = require "plan.database.upgrade"

local before = {}

local EXISTS = {
  sqlite = function(store) return store.sqlite ~= nil end,
  builtin = function(store) return store.cluster ~= nil end,
  outside = function() return true end,
}

--- Whether the Synapse that is about to start comes after the one that ran last.
---@param view View
---@return boolean
function before.is_due(view)
  local ran, installed = view.input.store.synapse, view.input.synapse
  if not ran or not installed or ran.version == installed.version then return false end
  return not upgrade.older(installed.version, ran.version)
end

--- Whether this start makes a backup first.
---@param view View
---@return boolean
function before.is_wanted(view)
  return view.settings.SYNLUA_BACKUP_BEFORE_UPGRADE and not view.input.migrates and before.is_due(view)
    and EXISTS[view.database.kind](view.input.store)
end

--- Whether a backup was made for this change. A start that is tried again makes no other one: the database may be
--- changed in part by then, and every new backup removes an old one.
---@param view View
---@param said Manifest
---@param ran_at string when the Synapse that ran last was recorded, as in a manifest
---@return boolean
function before.is_of(view, said, ran_at)
  return said.server == view.server_name and said.before == view.input.synapse.version
    and said.synapse == view.input.store.synapse.version and said.made >= ran_at
end

return before
