-- A data directory in which a restore was interrupted holds a part of a server, and nothing may use it.

local records = require "lib.records"

local restoring = {}

--- Refuses to use it. A restore itself goes on there.
---@param view View
---@param problems Problem[]
function restoring.check(view, problems)
  local store = view.input.store
  if not store.restoring or view.input.restores then return end
  problems[#problems + 1] = {where = view.paths.data .. "/" .. records.RESTORING,
    what = ("the restore of %s was interrupted, so a part is missing"):format(store.restoring:match "^[^\n]+"),
    hint = "restore again, which begins anew: synlua restore BACKUP"}
end

return restoring
