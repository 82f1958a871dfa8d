-- Tells the hook `on` of init.lua what happens. The user's code runs in this process, and not in the supervisor.

local hooks = {api = 2}

-- What the process needs to find init.lua and the control socket: no secret.
local VARIABLES = {"SYNAPSE_CONFIG_DIR", "SYNAPSE_DATA_DIR", "SYNLUA_RUNTIME_DIR", "SYNLUA_USER_DIR",
  "SYNLUA_TRUST_OVERRIDES", "UID", "GID", "PUID", "PGID"}

local function environment(view)
  local list, all = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}, view.input.environment
  for _, name in ipairs(VARIABLES) do
    for _, one in ipairs {name, name .. "_FILE"} do
      if all[one] then list[#list + 1] = one .. "=" .. all[one] end
    end
  end
  return list
end

-- It runs as synlua's own user, because only that one may use the control socket. What it starts runs as Synapse's
-- user, unless the hook says otherwise.
---@param view View
---@return table|nil
function hooks.plan(view)
  local program, user = view.input.listener, view.users.synapse
  if not program then return end
  return {
    process = {
      argv = {program, "hooks", ("%d:%d"):format(user.uid, user.gid)}, environment = environment(view),
      cwd = "/", stop_signal = "TERM", grace_ms = 8000,
    },
    user = "root", -- for a copy of this file: synlua's own user
    ready = {started = true}, on_failure = "degrade", give_up_after = 5, ends_last = true,
  }
end

---@return table[]
function hooks.files() return {} end

return hooks
