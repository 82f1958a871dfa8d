-- EDGE
-- Starts a process: by its fork server if that is ready, otherwise by exec. If the fork server fails, the process is
-- started by exec, so every requested start happens.

local beside = require "processes.beside"
local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local words = require "processes.words"

-- ms. A fork needs only a few ms of processor time, but on a busy machine the server may wait long for them.
local TIMEOUT = 10000

-- Errors of exec that do not go away by waiting.
local PERMANENT = {ENOENT = true, EACCES = true, ENOEXEC = true, ENOTDIR = true, EPERM = true}

-- The errors for which the fork server is killed, so that no late answer can come, with the reason.
local KILLED = {
  ETIMEDOUT = "it did not answer", EPROTO = "its answer was invalid",
}

local world, engine
local asked = {} -- by name: the start that waits for an answer, and the server that was asked

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

-- Starts the process by exec, because the fork server failed or is outdated. The server is killed first, so that no
-- late answer can come. A process that it has forked already exits by itself, because it gets no permission to go on.
local function without_it(name, ask, why, errno)
  if errno ~= "ECANCELED" then log.write("warn", ("%s starts by exec: %s"):format(name, why)) end
  if world.pids[ask.server] == ask.pid then
    if errno == "ESTALE" then engine.restart(ask.server) end
    if KILLED[errno] then engine.kill(ask.server, "no answer", KILLED[errno]) end
    if errno == "ECONNRESET" then process.signal(ask.server, "KILL") end -- it has ended or is about to end
  end
  by_exec(name)
end

local function on_forked(name, pid, why, errno)
  local ask = asked[name]
  asked[name] = nil
  if not ask then return beside.forked(name, pid, why) end
  engine.later(function()
    if pid then return started(name, pid, "fork") end
    without_it(name, ask, why, errno)
  end)
end

--- Starts the service. The event "spawned" or "spawn_failed" follows, at once or soon.
---@param name string
function launch.start(name)
  local spec = world.specs[name].process
  local server = spec.fork and world.services[spec.fork]
  if not server or server.state ~= "ready" then return by_exec(name) end
  -- The last forked process never sent READY, so the fork itself may be the fault.
  if world.endings[name] and world.endings[name].cause == "silent" then return by_exec(name) end
  local ask = {server = spec.fork, pid = world.pids[spec.fork]}
  local called, ok, why, errno = pcall(process.fork, spec, TIMEOUT)
  if not called then return by_exec(name) end -- exec fails in the same way, and reports the error
  if not ok then return without_it(name, ask, why, errno) end
  asked[name] = ask
end

--- Cancels a start that waits for the fork server.
---@param name string
function launch.cancel(name)
  if not asked[name] then return end
  asked[name] = nil
  process.cancel(name)
end

--- Sets up this module for one supervisor.
---@param the_world World
---@param the_engine table of actions.make
function launch.make(the_world, the_engine)
  world, engine = the_world, the_engine
  loop.on("forked", on_forked)
end

return launch
