-- Moves the built-in PostgreSQL to a newer major version. Only `synlua upgrade-database` plans it.

local later = require "lib.later"
local builtin = later "plan.database.builtin" ---@module "plan.database.builtin"
local octal = require "lib.octal"

local service = {api = 2}

local CAUSES = {
  {match = "^disk full: ", cause = "disk full", permanent = true,
    hint = "make room; the old cluster is as it was"},
  {match = "^incomplete: ", cause = "incomplete", permanent = true,
    hint = "the old cluster is as it was, and a start uses it when the dump beside it is removed; please report this"},
  {match = "No space left on device", cause = "disk full", permanent = true,
    hint = "make room; the old cluster is as it was"},
  {match = "Disk quota exceeded", cause = "disk full", permanent = true,
    hint = "make room; the old cluster is as it was"},
}

local SCRIPT, SOCKETS = "upgrade_database.sh", "postgres/upgrade"

---@param view View
---@return table|nil
---@return Problem?
function service.plan(view)
  local upgrade = view.database.upgrade
  if not upgrade then return end
  local user, runtime = view.users.postgres, view.paths.runtime
  local problem = not user and builtin.NO_USER or builtin.unreachable(view)
  if problem then return nil, problem end
  local made = builtin.process(view, {"/bin/sh", ("%s/postgres/%s"):format(runtime, SCRIPT), upgrade.action,
    view.paths.data .. "/postgres", ("%s/%s"):format(runtime, SOCKETS), upgrade.old, upgrade.old_programs or "",
    upgrade.new or "", upgrade.new_programs or ""}, {grace_ms = 6000})
  local named
  named, problem = builtin.add_name(view, made)
  if not named then return nil, problem end
  local directories, reaches = builtin.directories(view), {
    {path = view.paths.data, uid = user.uid, gid = user.gid, directory = true},
  }
  -- Nobody else may enter, so that nobody can connect.
  directories[#directories + 1] = {base = runtime, path = SOCKETS, mode = octal "0700", uid = user.uid, gid = user.gid}
  for _, programs in pairs {upgrade.old_programs, upgrade.new_programs} do
    reaches[#reaches + 1] = {path = programs .. "/postgres", uid = user.uid, gid = user.gid, program = true,
      hint = "install it again"}
  end
  -- Without a limit: one table may take hours.
  return {process = made, ready = {exit = true}, start_limit_ms = false, give_up_after = 1, passes_status = true,
    causes = CAUSES, phases = {{match = "", phase = "upgrading"}}, directories = directories, reaches = reaches}
end

---@param view View
---@param make table see files
---@return table[]
function service.files(view, make)
  if not view.database.upgrade then return {} end
  return {builtin.file(view, SCRIPT, make.text(SCRIPT)), builtin.name_files(view)}
end

return service
