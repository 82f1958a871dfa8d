-- The starts of files of the user directory, which `synlua override new` writes. Each passes `synlua check`. Pure.

local starts = {}

-- The name in its places. NAME as a part of a longer word, as in SYNAPSE_SERVER_NAME, is none of them.
local function named(text, name) return (text:gsub("%f[%w_]NAME%f[^%w_]", name)) end

--- A worker type.
---@param name string
---@return string
function starts.worker(name)
  return named([[
-- The worker type NAME: SYNAPSE_WORKER_TYPES can name it. docs/lua.md describes every field.
return {
  api = 2,
  doc = "Says in one line what its processes do.",

  -- What its listener serves: client, federation, media, replication.
  resources = {"client"},

  -- The requests that nginx sends to it. {room} is one segment of the path, {r0|v3} one of these words.
  endpoints = {
    {path = "/_matrix/client/{r0|v3}/NAME/{room}", methods = {"GET"}},
  },

  -- How many of them Synapse allows:
  -- max = 1,

  -- Options of homeserver.yaml for all processes, for the names of the workers of this type:
  -- shared = function(names) return {stream_writers = {typing = names}} end,
}

-- To change a shipped type instead, name the file after it:
-- return {api = 2, extends = function(shipped) shipped.max = 2 return shipped end}
]], name)
end

--- A service.
---@param name string
---@return string
function starts.service(name)
  return named([[
-- The service NAME. docs/lua.md describes every field.
return {
  api = 2,
  doc = "Says in one line what it is.",

  -- The program, by its absolute path, and its arguments. No secrets: every user can see them.
  argv = {"/bin/sleep", "infinity"},

  -- When it is ready: "started", "notify", {http = "http://127.0.0.1:8080/ready"}, {tcp = 8080} or {socket = "/path"}.
  ready = "started",

  -- Others that must be ready first; others whose start is over first; others that start after this one:
  -- needs = {"synapse"},
  -- after = {"nginx"},
  -- before = {"synapse"},

  -- What its program finds in its environment. A field may be a function of the view, which knows variables and paths:
  -- environment = function(view) return {HOMESERVER = view.settings.SYNAPSE_SERVER_NAME} end,

  -- Variables of its own. A function reads them as view.settings.EXAMPLE_PORT, and tostring makes text of a number:
  -- settings = {{name = "EXAMPLE_PORT", kind = "port", default = 9000, doc = "Says in one line what it sets."}},

  -- Whom it runs as; what its failure for good means (degrade, exit, keep-trying); what it keeps in the data directory:
  -- user = "synapse",
  -- on_failure = "degrade",
  -- directories = {"media"},

  -- How it is asked regularly once it is ready, and its limits:
  -- alive = {http = "http://127.0.0.1:8080/ready", every = 60, restart_after = 12},
  -- limits = {open_files = 4096, stop_seconds = 5},
}

-- To change a shipped service instead, name the file after it. `synlua eval -e plan.services.nginx` shows its plan:
-- return {api = 2, extends = function(shipped)
--   local plan = shipped.plan
--   function shipped.plan(view)
--     local part = plan(view)
--     part.process.open_files = 200000
--     return part
--   end
--   return shipped
-- end}
]], name)
end

--- A job.
---@param name string
---@return string
function starts.job(name)
  return named([[
-- The job NAME. docs/jobs.md and docs/lua.md describe every field.
return {
  api = 2,
  doc = "Says in one line what it does.",

  -- When it runs: minute, hour, day of the month, month, day of the week; or @daily, @weekly, @hourly. Without one it
  -- runs only by `synlua job run NAME`:
  schedule = "30 4 * * *",
  -- timezone = "Europe/Berlin",
  -- jitter_s = 600,
  -- missed = "once",

  -- The program, by its absolute path, and its arguments. No secrets: every user can see them.
  argv = {"/bin/true"},

  -- What its program finds in its environment. A field may be a function of the view, which knows variables and paths:
  -- environment = function(view) return {HOMESERVER = view.settings.SYNAPSE_SERVER_NAME} end,

  -- Whom it runs as, what it keeps in the data directory, and its limits:
  -- user = "synapse",
  -- directories = {"reports"},
  -- limit_s = 600,
  -- nice = 19,
  -- ionice = "idle",
  -- memory_mb = 512,
}
]], name)
end

local HOOKS = {
  settings = [[
  -- Changes variables before anything is planned. nil unsets one.
  settings = function(settings)
    -- settings.SYNAPSE_MAX_UPLOAD_SIZE = "100M"
    return settings
  end,
]],
  plan = [[
  -- Changes how services run. `synlua eval -e plan.services` shows what there is.
  plan = function(plan)
    -- plan.services.nginx.process.open_files = 200000
    return plan
  end,
]],
  files = [[
  -- Changes the text of files that each start makes, or adds some to the runtime directory.
  files = function(files)
    -- files[#files + 1] = {path = "note.txt", bytes = "hello\n"}
    return files
  end,
]],
  on = [[
  -- Hears of events, in a process of its own: ready, exited (its process has ended), failed (for good), stopping.
  on = function(event, act)
    -- if event.event == "failed" then act.post("https://chat.example.org/hook", {text = event.service}) end
    -- if event.event == "ready" then act.run{argv = {"/usr/bin/logger", event.service .. " is ready"}} end
  end,
]],
}

local EXAMPLES = {
  http = "log_format own '$remote_addr $request';", server = "client_body_timeout 60s;",
  location = 'location = /robots.txt { return 200 "User-agent: *"; }',
  scrape_configs = "- job_name: own\n  static_configs:\n    - targets: [\"127.0.0.1:9100\"]",
  rules = "groups:\n  - name: own\n    rules:\n      - {alert: Down, expr: up == 0, for: 5m}",
  global = "external_labels:\n  site: here",
  sections = "alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: [\"127.0.0.1:9093\"]",
}

--- A piece for a slot: an example, commented out.
---@param slot Slot
---@return string
function starts.slot(slot)
  local text = ("%s docs/slots.md says more.\n%s"):format(slot.doc, EXAMPLES[slot.name] or "")
  return (text:gsub("\n?$", "\n", 1):gsub("([^\n]+)", "# %1"))
end

starts.HOOKS = {"settings", "plan", "files", "on"}

--- One hook, as it stands in init.lua.
---@param name string
---@return string
function starts.hook(name) return HOOKS[name] end

--- init.lua with one hook.
---@param name string
---@return string
function starts.init(name)
  return "-- Hooks: docs/hooks.md describes them.\nreturn {\n  api = 2,\n\n" .. HOOKS[name] .. "}\n"
end

return starts
