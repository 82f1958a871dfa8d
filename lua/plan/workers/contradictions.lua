-- Finds contradictions between homeserver.yaml and SYNAPSE_WORKER_TYPES. Each problem names both.

local document = require "lib.document"
local instances = require "plan.workers.instances"
local layers = require "input.layers"
local tables = require "lib.tables"

local contradictions = {}

-- No contradiction: synlua decides which process stores media, and the admin whether there is media at all.
local OURS = {enable_media_repo = true}

-- Options that are maps, whose keys are compared one by one.
local BY_PART = {instance_map = true, stream_writers = true}

-- Obsolete options, which Synapse refuses on workers or beside their successors.
local OUTDATED = {
  notify_appservices = "notify_appservices_from_worker", update_user_directory = "update_user_directory_from_worker",
  start_pushers = "pusher_instances", send_federation = "federation_sender_instances",
  worker_app = "instance_map", worker_name = "instance_map", worker_listeners = "instance_map",
  worker_replication_host = "instance_map", worker_replication_port = "instance_map",
  worker_replication_http_port = "instance_map", worker_replication_http_tls = "instance_map",
}

local function line_of(view, key) return layers.place(view.admin.layers, key) end

local function shown(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, inner in tables.sorted(value) do
    parts[#parts + 1] = type(key) == "number" and shown(inner) or key .. ": " .. shown(inner)
  end
  return table.concat(parts, ", ")
end

-- A single name may be written without a list.
local function same(said, ours)
  if type(ours) == "table" and ours[1] ~= nil and type(said) == "string" then said = {said} end
  return document.equal(said, ours)
end

local function differences(plain, options)
  local found = {}
  local function compare(path, said, ours)
    if said ~= nil and not same(said, ours) then found[#found + 1] = {path = path, said = said, ours = ours} end
  end
  for key, ours in tables.sorted(options) do
    local said = plain[key]
    if BY_PART[key] and type(said) == "table" then
      for part, value in tables.sorted(ours) do compare(key .. "." .. part, said[part], value) end
    elseif not OURS[key] then
      compare(key, said, ours)
    end
  end
  return found
end

-- Stream writers that homeserver.yaml names although no process has that name.
local function add_unknown_writers(view, plain, options, problems)
  local writers = type(plain.stream_writers) == "table" and plain.stream_writers or {}
  local map = type(plain.instance_map) == "table" and plain.instance_map or {}
  for stream, names in tables.sorted(writers) do
    for _, name in ipairs(type(names) == "table" and names or {names}) do
      if name ~= "master" and not options.instance_map[name] and map[name] == nil then
        problems[#problems + 1] = {where = line_of(view, "stream_writers"),
          what = ("stream_writers.%s names %s, which is no worker of SYNAPSE_WORKER_TYPES that writes a stream")
            :format(stream, tostring(name)),
          hint = "take stream_writers out of the file: the worker types say who writes what"}
      end
    end
  end
end

local function has_feature(view, name)
  local plain = view.admin.document and document.plain(view.admin.document) or {}
  return type(plain.experimental_features) == "table" and plain.experimental_features[name] == true
end

local function warn_of_idle(view, warnings)
  if instances.by_type(view.instances).thread_subscriptions and not has_feature(view, "msc4306_enabled") then
    warnings[#warnings + 1] = {where = "SYNAPSE_WORKER_TYPES",
      what = "the type thread_subscriptions has no work while Synapse's feature is off",
      hint = "set experimental_features: {msc4306_enabled: true} in homeserver.yaml, or leave the type out"}
  end
end

--- Adds a problem for each contradiction. There are none without workers.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
function contradictions.check(view, problems, warnings)
  local options = view.shared
  warn_of_idle(view, warnings)
  if not view.admin.document or not next(options) then return end
  local plain = document.plain(view.admin.document)
  add_unknown_writers(view, plain, options, problems)
  for _, fault in ipairs(differences(plain, options)) do
    problems[#problems + 1] = {where = line_of(view, fault.path:match "^[^.]+"),
      what = ("%s is %s, but SYNAPSE_WORKER_TYPES makes it %s"):format(fault.path, shown(fault.said),
        shown(fault.ours)),
      hint = ("take %s out of the file, or change SYNAPSE_WORKER_TYPES"):format(fault.path)}
  end
  for key, successor in tables.sorted(OUTDATED) do
    if plain[key] ~= nil and options[successor] then
      problems[#problems + 1] = {where = line_of(view, key),
        what = ("%s contradicts %s, which SYNAPSE_WORKER_TYPES makes"):format(key, successor),
        hint = ("take %s out of the file"):format(key)}
    end
  end
end

return contradictions
