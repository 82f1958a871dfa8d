-- EDGE
-- Starts a process: by the fork server where it has one that is ready, else by exec. Whatever the fork server does or
-- does not do, the start it was asked for happens.

local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local words = require "processes.words"

-- ms. A fork takes a few of the processor's time, for which a server may wait long where many want it.
local TIMEOUT = 10000

-- Errors of exec that no waiting mends.
local PERMANENT = {ENOENT = true, EACCES = true, ENOEXEC = true, ENOTDIR = true, EPERM = true}

-- What the fork server is killed for, so that nothing of it comes late.
local KILLED = {
  ETIMEDOUT = "it did not answer", EPROTO = "it answered with what cannot be",
}

local world, engine
local asked = {} -- by name: the start that waits for an answer, and of which server

local launch = {}

local function started(name, pid, how)
  log.write("debug", ("%s started by %s, pid %d"):format(name, how, pid))
  world.pids[name] = pid
  engine.apply(name, {kind = "spawned"})
end

local function by_exec(name)
  local called, pid, why, errno = pcall(process.spawn, world.specs[name].process)
  if called and pid then return started(name, pid, "exec") end
  if not called then why = "cannot be started: " .. words.fault(pid) end
  log.write("error", ("%s: %s"):format(name, why))
  engine.count(name, {cause = "exec", words = why})
  engine.apply(name, {kind = "spawn_failed", permanent = PERMANENT[errno]})
end

-- The server could not, or is not what it should be any more. It is killed before anything else, so that nothing comes
-- late; what it may have forked already exits by itself, as nobody lets it go on.
local function without_it(name, ask, why, errno)
  if errno ~= "ECANCELED" then log.write("warn", ("%s starts by exec: %s"):format(name, why)) end
  if world.pids[ask.server] == ask.pid then
    if errno == "ESTALE" then engine.restart(ask.server) end
    if KILLED[errno] then engine.kill(ask.server, "no answer", KILLED[errno]) end
    if errno == "ECONNRESET" then process.signal(ask.server, "KILL") end -- it is dead already, or about to die
  end
  by_exec(name)
end

local function on_forked(name, pid, why, errno)
  local ask = asked[name]
  asked[name] = nil
  if not ask then return end
  engine.later(function()
    if pid then return started(name, pid, "fork") end
    without_it(name, ask, why, errno)
  end)
end

--- Starts it; "spawned" or "spawn_failed" follows, at once or soon.
---@param name string
function launch.start(name)
  local spec = world.specs[name].process
  local server = spec.fork and world.services[spec.fork]
  if not server or server.state ~= "ready" then return by_exec(name) end
  -- A copy that never told READY: maybe it was made wrong.
  if world.endings[name] and world.endings[name].cause == "silent" then return by_exec(name) end
  local ask = {server = spec.fork, pid = world.pids[spec.fork]}
  local called, ok, why, errno = pcall(process.fork, spec, TIMEOUT)
  if not called then return by_exec(name) end -- which says what is wrong with it
  if not ok then return without_it(name, ask, why, errno) end
  asked[name] = ask
end

--- A start that waits for the fork server is not wanted any more.
---@param name string
function launch.cancel(name)
  if not asked[name] then return end
  asked[name] = nil
  process.cancel(name)
end

--- For one supervisor.
---@param the_world World
---@param the_engine table of actions.make
function launch.make(the_world, the_engine)
  world, engine = the_world, the_engine
  loop.on("forked", on_forked)
end

return launch
