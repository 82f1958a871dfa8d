-- The built-in Redis. Synapse's processes use it for messages to each other and for a shared cache, so its content need
-- not last.

local budget = require "plan.process.budget"
local octal = require "lib.octal"
local slots = require "files.slots"

local redis = {api = 2}

local MEMORY = 5 -- MB soon after the start

-- Where the admin's own lines lie.
local function pieces(view)
  return {base = view.paths.runtime, path = "redis/conf.d", uid = view.users.own.uid, gid = view.users.redis.gid}
end

-- How it shows a line that it does not take. Since version 8 it reads all, and then lists those that may be a module's.
local QUOTED = {{line = "^>>> '(.*)'$"},
  {line = "# >>> '(.*)'$", what = "Bad directive: neither Redis nor a module that it loads has it"}}

-- Redis has no option that only reads a file, so it is started, and has read everything when it is ready. It gets
-- nothing of the real one: these options overrule the file.
local function trial(paths, program)
  local run = paths.runtime .. "/redis/run"
  return {directory = "redis", ready = "eady to accept connections", quoted = QUOTED, argv = {program,
    paths.runtime .. "/redis/redis.conf", "--port", "0", "--unixsocket", run .. "/redis.sock", "--dir", run,
    "--daemonize", "no", "--supervised", "no", "--logfile", "", "--pidfile", "", "--loglevel", "notice",
    "--save", "", "--appendonly", "no"}}
end

---@param view View
---@return table|nil
---@return Problem?
function redis.plan(view)
  if view.redis.kind ~= "builtin" then return end
  local paths, user, program = view.paths, view.users.redis, view.input.host.programs.redis
  if not program then
    return nil, {where = "redis-server", what = "is not installed, and workers need Redis",
      hint = "install it, or name a server in SYNAPSE_REDIS_HOST"}
  elseif not user then
    return nil, {where = "redis-server", what = "has no user redis to run as", hint = "add that user"}
  end
  local own, synapse = view.users.own, view.users.synapse
  return {
    process = {
      argv = {program, paths.runtime .. "/redis/redis.conf"},
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "NOTIFY_SOCKET=" .. paths.notify},
      cwd = paths.runtime .. "/redis/run", uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "TERM", grace_ms = 1500, open_files = 16384, oom_score_adj = -100,
    },
    ready = {notify = true}, start_limit_ms = 60000, early = true, -- it has nothing to load
    sockets = {"redis/run/redis.sock"}, give_up_after = 5, memory = MEMORY, growth = budget.REDIS >> 20,
    directories = {
      {base = paths.runtime, path = "redis", mode = octal "0755", uid = own.uid, gid = own.gid},
      -- Set-group-id: the socket belongs to Synapse's group, and nobody else may enter.
      {base = paths.runtime, path = "redis/run", mode = octal "02750", uid = user.uid, gid = synapse.gid},
      table.unpack(slots.directories(view, "redis.conf", pieces(view))),
    },
    trial = trial(paths, program),
    reaches = {{path = program, uid = user.uid, gid = user.gid, program = true, hint = "install redis-server"}},
  }
end

---@param view View
---@param make table see files
---@return table[]
function redis.files(view, make)
  if view.redis.kind ~= "builtin" or not view.users.redis then return {} end
  local paths = view.paths
  return {{base = paths.runtime, path = "redis/redis.conf", mode = octal "0640", uid = view.users.own.uid,
    gid = view.users.redis.gid,
    bytes = make.template("redis.conf", "redis", {
      socket = view.redis.socket, directory = paths.runtime .. "/redis/run", databases = 1,
      max_memory = budget.REDIS,
    }, pieces(view))}}
end

return redis
