-- A backup before a newer Synapse changes the database. No process of Synapse starts before it is finished.

local before = require "plan.backup.before"
local database = require "plan.database.choice"

local service = {api = 2}

-- The parent is the running synlua, which tells the command its variables.
local COMMAND = 'exec "/proc/$PPID/exe" backup --live --before-upgrade'

---@param view View
---@return table|nil
function service.plan(view)
  if not before.is_wanted(view) then return end
  local needs = {}
  if view.database.kind == "builtin" then needs[1] = "postgres_setup" end
  if database.is_asked(view) then needs[#needs + 1] = "database_check" end
  return {
    -- It runs as synlua's own user: a backup holds what only that one may read.
    process = {
      argv = {"/bin/sh", "-c", COMMAND}, cwd = "/", stop_signal = "TERM", grace_ms = 2000,
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "SYNLUA_RUNTIME_DIR=" .. view.paths.runtime},
    },
    -- Without a limit: nobody knows how large a database is. What cannot be backed up is not changed.
    ready = {exit = true}, start_limit_ms = false, give_up_after = 1, needs = #needs > 0 and needs or nil,
  }
end

---@return table[]
function service.files() return {} end

return service
