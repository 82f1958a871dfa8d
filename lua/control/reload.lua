-- EDGE
-- Reloads nginx: a program beside the services plans anew, tries nginx's files and puts them in their place, and nginx
-- gets SIGHUP. Where anything is wrong, nginx goes on with what it has.

local admission = require "control.admission"
local beside = require "processes.beside"
local expiry = require "processes.expiry"
local log = require "core.log"
local process = require "core.process"
local process_events = require "processes.events"
local renewal = require "control.renewal"
local service_hashes = require "lib.service_hashes"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "lib.tables"

local reload = {}

local files = {} -- those of the certificate
local NGINX, NAME = "nginx", "nginx reload"
local PROGRAM = "/proc/self/exe" -- also where the file was replaced meanwhile
local LIMIT = 120000 -- ms

local environment, hashes = {}, {} -- what this instance was started with
local listens = {} -- where nginx listens
local spec -- nginx as it is started anew if it dies
local one_shots = {} -- names of its services that end once they have done their work
local is_possible = false -- whether nginx can try its files, which one of the user's may not
local asked, waiting -- those that wait for the reload under way, and for the one after it
local signals = {[NGINX] = "HUP"} -- by service: what tells it to read its files, or the certificate, anew
local pending = {} -- those that were not ready for it

local function is_ready(name)
  for _, status in ipairs(supervise.status()) do
    if status.name == name then return status.state == "ready" end
  end
end

-- A signal could come before a process handles it, and end it.
local function signal(name)
  pending[name] = not is_ready(name) or nil
  if not pending[name] then process.signal(name, signals[name]) end
end

-- Work that is done and planned no more, such as the making of a database, is no change.
local function restart_line(answer)
  local names = {}
  for _, name in ipairs(service_hashes.differ(hashes, answer.services, answer.files)) do
    local is_done = one_shots[name] and not answer.services[name]
    if name ~= NGINX and not is_done then names[#names + 1] = name end
  end
  if #names == 0 then return end
  return ("what has changed for %s takes effect when synlua itself is started again"):format(table.concat(names, ", "))
end

local function any(list, field)
  for _, one in ipairs(list) do
    if one[field] then return true end
  end
end

local function refused(lines)
  for _, line in ipairs(lines) do log.write("error", "nginx is not reloaded: " .. line) end
  process_events.tell {event = "reloaded", service = NGINX, ok = false, words = lines[1]}
  return lines
end

-- Tells it, and gives the lines for who has asked.
local function tell(answer, acts, tells)
  local lines = {acts and "nginx takes over its new configuration" or "nothing has changed for nginx"}
  lines[2] = tells and restart_line(answer) or nil
  for _, line in ipairs(lines) do log.write((acts or tells) and "info" or "debug", line) end
  for _, warning in ipairs(answer.warnings) do
    log.write("warn", warning)
    lines[#lines + 1] = warning
  end
  return lines
end

local function carried_out(answer, list)
  local acts = answer.changed or any(list, "forced")
  expiry.follow(answer.validity)
  if acts then
    for name in tables.sorted(signals) do signal(name) end
    spec.modes, spec.leftovers = answer.modes, answer.leftovers
    admission.give(spec.process.uid and spec.process or nil, spec.modes)
    process_events.tell {event = "reloaded", service = NGINX, ok = true}
  end
  return tell(answer, acts, any(list, "tells"))
end

local start

-- Files have changed, maybe one of two that belong together: if the other one is still missing, its coming is a change.
local function on_new_files() reload.begin {} end

local function on_end(answer, why)
  local list, ok = asked, answer ~= nil and answer.ok == true
  asked = nil
  local lines
  if ok then
    files, listens = answer.watched, answer.listens
    lines = carried_out(answer, list)
  else
    lines = refused(answer and answer.said or {why})
  end
  renewal.follow(files, on_new_files)
  for _, one in ipairs(list) do
    if one.on_done then one.on_done(ok, lines) end
  end
  if waiting then
    asked, waiting = waiting, nil
    return start()
  end
  collectgarbage() -- the answer was the only large thing
  system.give_back()
end

function start()
  local list = {"REPLANS_FOR=synlua"}
  for name, value in tables.sorted(environment) do list[#list + 1] = name .. "=" .. value end
  local why = beside.start({name = NAME, argv = {PROGRAM, "replan"}, environment = list,
    question = {listens = listens}, limit_ms = LIMIT}, on_end)
  if why then on_end(nil, why) end
end

--- Begins a reload. What comes while one is under way is answered by the next one, which sees all changes.
---@param one {forced?: boolean, tells?: boolean, on_done?: fun(ok: boolean, lines: string[])} forced: also where
--- nothing has changed; tells: a person asks for it, who wants to know all
---@return boolean begun false where nginx is not ours to reload
function reload.begin(one)
  if not is_possible then return false end
  local list = asked and (waiting or {}) or {}
  list[#list + 1] = one
  if asked then
    waiting = list
    return true
  end
  asked = list
  start()
  return true
end

--- Prepares this module, and watches the files of the certificate.
---@param given {environment: table<string, string>, services: table<string, PlannedService>, files: string[],
--- listens: string[]}
function reload.prepare(given)
  environment, hashes = given.environment, service_hashes.of(given.services)
  files, listens = given.files, given.listens
  one_shots, signals, pending = {}, {[NGINX] = "HUP"}, {}
  for name, service in pairs(given.services) do
    one_shots[name] = service.one_shot
    signals[name] = signals[name] or service.renews
  end
  spec = given.services[NGINX]
  is_possible = spec ~= nil and spec.trial ~= nil
  if is_possible then renewal.follow(files, on_new_files) end
end

--- Hears of events: a service that has become ready gets the signal that came too early.
---@param event Event
function reload.on_event(event)
  if event.event == "ready" and pending[event.service] then signal(event.service) end
end

return reload
