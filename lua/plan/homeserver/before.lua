-- Options of workers of before: they name processes that the plan does not have, or switch off in the main process what
-- such a process did. Left alone they would stop federation, push or whole rooms without a word. What
-- SYNAPSE_WORKER_TYPES says itself is not looked at here: where the file says something else, that is a contradiction.

local document = require "lib.document"
local layers = require "input.layers"
local tables = require "lib.tables"

local before = {}

-- Synapse calls its main process so where it names processes.
local MAIN = "master"

-- What a process that is named does; `off`: the older switch with which main leaves it to others.
local DUTIES = {
  {option = "federation_sender_instances", does = "sends to other servers", off = "send_federation",
    type = "federation_sender"},
  {option = "pusher_instances", does = "sends notifications", off = "start_pushers", type = "pusher"},
  {option = "notify_appservices_from_worker", does = "serves application services", off = "notify_appservices",
    type = "appservice"},
  {option = "update_user_directory_from_worker", does = "keeps the user directory", off = "update_user_directory",
    type = "user_dir"},
  {option = "run_background_tasks_on", does = "runs background tasks", type = "background_worker"},
  {option = "media_instance_running_background_jobs", does = "tidies media up", type = "media_repository"},
  {option = "outbound_federation_restricted_to", does = "asks other servers, as all processes do"},
  {option = "auto_accept_invites.worker_to_run_on", does = "accepts invitations"},
}

-- What only a worker's own file needs.
local IDLE = {"worker_listeners", "worker_log_config", "worker_main_http_uri", "worker_pid_file",
  "worker_replication_host", "worker_replication_http_port", "worker_replication_http_tls"}

local function is_elsewhere(location)
  local host = type(location) == "table" and location.host
  return type(host) == "string" and host ~= "localhost" and host ~= "::1" and not host:find "^127%."
end

-- Beside workers of ours the admin may run some on other machines, which instance_map tells.
local function processes(view, map)
  local names = {[MAIN] = true}
  for at = 2, #view.instances do names[view.instances[at].name] = true end
  for name, location in pairs(#view.instances > 1 and map or {}) do
    if is_elsewhere(location) then names[name] = true end
  end
  return names
end

-- The names that are no process; nil: all are. An empty list leaves the work to somebody unknown.
local function strangers(said, known)
  if said == nil or said == "" then return end
  if type(said) ~= "table" then said = {said} end
  if next(said) == nil then return {} end
  local list = {}
  for _, name in ipairs(said) do
    if not known[name] then list[#list + 1] = type(name) == "table" and name.text or tostring(name) end
  end
  return #list > 0 and list or nil
end

local function names_of(list) return #list > 0 and table.concat(list, ", ") or "nobody" end

local function way_out(option, worker)
  local out = ("take %s out"):format(option)
  return worker and ("%s; or have such a worker: SYNAPSE_WORKER_TYPES=%s"):format(out, worker) or out
end

local function take_back_duties(found, known)
  for _, duty in ipairs(DUTIES) do
    local who = strangers(document.get(found.plain, duty.option), known)
    if who and found.shared[duty.option] == nil then
      found.take(duty.option, document.scalar {text = "null"},
        ("names %s, no process of this server: taken back, the main process %s"):format(names_of(who), duty.does),
        way_out(duty.option, duty.type))
    end
  end
end

local function switch_on(found)
  for _, duty in ipairs(DUTIES) do
    local said = duty.off and found.plain[duty.off]
    local others = found.plain[duty.option] ~= nil and found.taken[duty.option] == nil
    if said == false and not others and found.shared[duty.option] == nil then
      found.take(duty.off, true, ("is off, and there is no worker for it: taken back, the main process %s"):format(
        duty.does), way_out(duty.off, duty.type))
    end
  end
end

-- Beside workers, a name that instance_map lacks as well is told as a contradiction.
local function is_contradiction(found, names)
  for _, name in ipairs(names) do
    if found.map[name] == nil then return found.has_workers end
  end
  return false
end

local function take_back_streams(found, known)
  local said = type(found.plain.stream_writers) == "table" and found.plain.stream_writers or {}
  local ours = found.shared.stream_writers or {}
  for stream, names in tables.sorted(said) do
    local who = strangers(names, known)
    if who and ours[stream] == nil and not is_contradiction(found, who) then
      found.take("stream_writers." .. document.path {stream}, MAIN,
        ("names %s, no process of this server: taken back, the main process writes it"):format(names_of(who)),
        way_out("stream_writers"))
    end
  end
end

local function tell_of_map(found, known)
  local gone, elsewhere = {}, {}
  for name, location in tables.sorted(found.map) do
    local list = found.has_workers and is_elsewhere(location) and elsewhere or gone
    if name ~= "main" and not (known[name] and list == gone) then list[#list + 1] = tostring(name) end
  end
  if #elsewhere > 0 then
    found.warn("instance_map", ("names %s, no process of this server: it has to run elsewhere"):format(
      table.concat(elsewhere, ", ")), way_out "instance_map")
  end
  if #gone == 0 then return end
  found.any = true
  found.warn("instance_map", ("names %s, no process of this server: that has no effect"):format(
    table.concat(gone, ", ")), way_out "instance_map")
end

-- What a module does with that is its own matter; several have this option.
local function tell_of_modules(found, known)
  for _, module in ipairs(type(found.plain.modules) == "table" and found.plain.modules or {}) do
    local config = type(module) == "table" and type(module.config) == "table" and module.config or {}
    local who = strangers(config.worker_to_run_on, known)
    if who then
      found.warn("modules", ("has %s to run on %s, no process of this server"):format(tostring(module.module),
        names_of(who)), "take worker_to_run_on out of its config")
    end
  end
end

-- Whether there is media at all is the admin's to say; but the option is there for servers with a media worker.
local function look_at_media(found)
  if found.plain.enable_media_repo ~= false or found.shared.enable_media_repo ~= nil then return end
  if found.any then
    found.take("enable_media_repo", true,
      "is off, and there is no worker for it: taken back, the main process has the media",
      "take it out; to have no media, take the other options of workers out instead")
  else
    found.warn("enable_media_repo", "is off, and there is no worker for it: nobody can upload or see media",
      "take it out, unless this server is to have no media")
  end
end

local function tell_of_idle(found)
  local list = {}
  for _, name in ipairs(IDLE) do
    if found.plain[name] ~= nil then list[#list + 1] = name end
  end
  if #list == 0 or found.has_workers then return end
  found.any = true
  found.warnings[#found.warnings + 1] = {where = found.place(list[1]), hint = "take that out",
    what = ("%s ha%s no effect: only a worker reads that"):format(table.concat(list, ", "), #list == 1 and "s" or "ve")}
end

local NO_WORKER = {["synapse.app.homeserver"] = true, [""] = true, [false] = true, [0] = true}

-- Synapse tests these options as Python does: an empty one names no worker.
local function names_worker(said)
  if type(said) == "table" then return next(said) ~= nil end
  return said ~= nil and not NO_WORKER[said]
end

-- A worker's file instead of the server's, which Synapse refuses or runs under a name that nobody calls.
local function refuse_file_of_worker(found, problems)
  for _, name in ipairs {"worker_app", "worker_name"} do
    local said = found.plain[name]
    if names_worker(said) then
      problems[#problems + 1] = {where = found.place(name),
        what = ("%s is %s: this looks like the file of a worker, not of the server"):format(name,
          type(said) == "table" and "set" or tostring(said)),
        hint = ("give synlua the homeserver.yaml of the main process; or take %s out"):format(name)}
    end
  end
  if found.plain.worker_replication_port ~= nil and not found.has_workers then
    problems[#problems + 1] = {where = found.place "worker_replication_port",
      what = "worker_replication_port is refused by Synapse, which replicates by Redis",
      hint = "take worker_replication_port out"}
  end
end

---@class Before
---@field plain table what the admin says
---@field shared table what SYNAPSE_WORKER_TYPES makes
---@field has_workers boolean
---@field taken table<string, any> dotted option -> what it becomes
---@field any? boolean something tells of workers of before

--- Finds them all.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return table<string, any> taken dotted option -> what Synapse is told instead
function before.find(view, problems, warnings)
  local found = {plain = document.plain(view.admin.document), shared = view.shared, taken = {}, warnings = warnings,
    has_workers = #view.instances > 1}
  found.map = type(found.plain.instance_map) == "table" and found.plain.instance_map or {}
  function found.place(option) return layers.place(view.admin.layers, option:match "^[^.]+") end
  function found.warn(option, what, hint)
    warnings[#warnings + 1] = {where = found.place(option), what = option .. " " .. what, hint = hint}
  end
  function found.take(option, value, what, hint)
    found.taken[option], found.any = value, true
    found.warn(option, what, hint)
  end
  local known = processes(view, found.map)
  refuse_file_of_worker(found, problems)
  take_back_duties(found, known)
  take_back_streams(found, known)
  switch_on(found)
  tell_of_map(found, known)
  tell_of_idle(found)
  tell_of_modules(found, known)
  look_at_media(found)
  return found.taken
end

return before
