-- Options of the admin's that cannot stand under a supervisor, and what Synapse is told instead. A warning names each.

local document = require "lib.document"
local layers = require "input.layers"
local python = require "lib.python"

local taken_back = {}

local NULL = document.scalar {text = "null"}

-- With these Synapse leaves the process that synlua started, or all its processes listen on one port. A pid file alone
-- is never written.
local OWNED = {
  {option = "daemonize", value = false, why = "synlua watches over the process that it started"},
  {option = "worker_daemonize", value = false, why = "synlua watches over the processes that it started"},
  {option = "worker_manhole", value = NULL, why = "all workers would listen on that port"},
  {option = "bind_port", value = NULL}, -- its ports are listeners by now, and it would discard ours
}

-- What workers of before leave in a file. Most files have nothing of it.
local OF_WORKERS = {"^worker_", "_instances$", "_from_worker$", "^instance_map$", "^stream_writers$",
  "^send_federation$", "^start_pushers$", "^notify_appservices$", "^update_user_directory$", "^enable_media_repo$",
  "^auto_accept_invites$", "^run_background_tasks_on$", "^media_instance_", "^outbound_federation_", "^modules$"}

local function tells_of_workers(plain)
  for name in pairs(plain) do
    for _, pattern in ipairs(type(name) == "string" and OF_WORKERS or {}) do
      if name:find(pattern) then return true end
    end
  end
  return false
end

local function own(view, plain, taken, warnings)
  for _, one in ipairs(OWNED) do
    if python.is_true(plain[one.option]) then
      taken[one.option] = one.value
    end
    if taken[one.option] ~= nil and one.why then
      warnings[#warnings + 1] = {where = layers.place(view.admin.layers, one.option), hint = "take it out",
        what = ("%s is overruled: %s"):format(one.option, one.why)}
    end
  end
end

--- The part of synlua's layer that takes options back.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return table document
function taken_back.make(view, problems, warnings)
  if not view.admin.document then return document.map {} end
  local plain, taken = document.plain(view.admin.document), {}
  if tells_of_workers(plain) then taken = require("plan.homeserver.before").find(view, problems, warnings) end
  own(view, plain, taken, warnings)
  local layer = document.map {}
  for option, value in pairs(taken) do layer = document.set(layer, option, value) end
  return layer
end

return taken_back
