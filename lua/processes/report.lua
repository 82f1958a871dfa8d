-- Describes the services: lines for the log, and the state of each service for status and metrics. Pure.

local order = require "lib.order"
local tables = require "lib.tables"
local words = require "processes.words"

local report = {}

local QUIET = 2000 -- ms; the last line of a start is shown after this time

---@class ServiceStatus
---@field name string
---@field state string one of machine.STATES
---@field shown string the state, or a phase of starting such as "migrating", or "unhealthy"
---@field unhealthy boolean it is ready but does not answer, or leads nowhere
---@field unproven boolean it is ready, and has passed no request to the service behind it yet
---@field since_ms integer age of the state
---@field pid? integer
---@field restarts integer
---@field failures integer
---@field wanted boolean
---@field essential boolean if it fails for good, the container ends
---@field was_ready boolean it has been ready at least once
---@field last_exit? {kind?: string, code?: integer, signal?: string, cause: string, words: string, ago_ms: integer}
---@field ready_after_ms? integer from its last start until it was ready
---@field note? string
---@field waits_for? string the service that it waits for
---@field exits table<string, integer> by cause

--- The phase of a start, such as "migrating", which the service's last line shows.
---@param spec table
---@param line string
---@return string|nil
function report.phase(spec, line)
  for _, known in ipairs(spec.phases or {}) do
    if line:find(known.match) then return known.phase end
  end
end

local notes = {}

function notes.waiting(world, name)
  local other = order.waits_for(world.specs[name], world.services, world.reached)
  if not other and world.held and world.held[name] then return "waits for the answer of Synapse's parser" end
  return other and "waits for " .. other or "waits for its turn"
end

function notes.starting(world, name, now, line)
  local quiet = now - world.services[name].since < QUIET and not report.phase(world.specs[name], line)
  if not quiet and line ~= "" then return line end
end

local function fault(world, name) return world.unhealthy[name] or world.closed[name] end

function notes.ready(world, name)
  local to = world.unproven[name]
  return fault(world, name) or to and ("has passed no request to %s yet"):format(to)
end

function notes.backoff(world, name, now)
  return "starts again in " .. words.span(math.max(0, (world.next_start[name] or now) - now))
end

function notes.failed(world, name)
  local ending = world.endings[name]
  return ending and (ending.line or ending.hint or ending.words)
end

local function last_exit(world, name, now)
  local ending, exit = world.endings[name], world.services[name].last_exit or {}
  if not ending then return end
  return {kind = exit.kind, code = exit.code, signal = exit.signal, cause = ending.cause, words = ending.words,
    ago_ms = now - ending.at}
end

local function shown(world, name, line)
  local state = world.services[name].state
  if state == "ready" and fault(world, name) then return "unhealthy" end
  return state == "starting" and report.phase(world.specs[name], line) or state
end

--- The status of all services, sorted by name.
---@param world World
---@param now integer monotonic ms
---@param last_line fun(name: string): string
---@return ServiceStatus[]
function report.status(world, now, last_line)
  local list = {}
  for _, name in ipairs(tables.counted(world.services)) do
    local service, spec = world.services[name], world.specs[name]
    local line = service.state == "starting" and last_line(name) or ""
    list[#list + 1] = {
      name = name, state = service.state,
      shown = shown(world, name, line), unhealthy = service.state == "ready" and fault(world, name) ~= nil,
      unproven = world.unproven[name] ~= nil,
      since_ms = now - service.since, pid = world.pids[name], restarts = service.restarts,
      failures = service.failures, wanted = service.wanted, essential = spec.on_failure == "exit",
      was_ready = world.reached[name] == true, last_exit = last_exit(world, name, now),
      ready_after_ms = service.state == "ready" and service.since - service.started or nil,
      waits_for = service.state == "waiting" and order.waits_for(spec, world.services, world.reached) or nil,
      note = notes[service.state] and notes[service.state](world, name, now, line),
      exits = tables.copy(world.exits[name]),
    }
  end
  return list
end

--- The log line about a start that takes long.
---@param world World
---@param name string
---@param line string the last one it wrote
---@param now integer
---@return string
function report.still(world, name, line, now)
  local doing = report.phase(world.specs[name], line) or "starting"
  return ("%s is still %s after %s%s"):format(name, doing, words.span(now - world.services[name].since),
    line ~= "" and "; its last line: " .. line or "")
end

--- The log line about a stop that interrupts work which the next start begins again, or nil.
---@param world World
---@param name string
---@param line string the last one it wrote
---@return string|nil
function report.interrupted(world, name, line)
  local doing = world.services[name].state == "starting" and report.phase(world.specs[name], line)
  if not doing then return end
  return ("%s is stopped while %s, which begins anew at its next start; its last line: %s"):format(name, doing, line)
end

--- The log lines about an unexpected death: what died, when, and why if that is known.
---@param name string
---@param service Service as it was before the death
---@param ending Ending
---@param ran_ms integer
---@return string[]
function report.death(name, service, ending, ran_ms)
  local how = ending.words .. (service.state == "starting" and " before it was ready" or "")
  local lines = {("%s died: %s, %s after its start"):format(name, how, words.span(ran_ms))}
  if ending.line then lines[2] = ("%s: its last line: %s"):format(name, ending.line) end
  if ending.line and not ending.cause:find "^status" then
    lines[2] = ("%s: %s: %s"):format(name, ending.cause, ending.line)
  end
  if ending.hint then lines[#lines + 1] = ("%s: %s"):format(name, ending.hint) end
  return lines
end

--- The log line about a service that has failed for good.
---@param service Service
---@param ending Ending
---@return string
function report.given_up(service, ending)
  local why = ending.permanent and "another try would not help" or ("%d failure%s in a row"):format(service.failures,
    service.failures == 1 and "" or "s")
  return ("%s has failed for good: %s (%s)"):format(service.name, ending.words or "it does not run", why)
end

--- synlua's last line, when the failure of an essential service ends it.
---@param name string
---@param status integer exit status
---@param ending Ending
---@return string
function report.last_word(name, status, ending)
  local why = {ending.words or "it does not run"}
  if ending.line and ending.line ~= "" then why[2] = ending.line end
  return ("exit %d: %s does not run and is essential: %s"):format(status, name, table.concat(why, "; "))
end

return report
