-- The fork server imports Synapse once and forks its processes, see core/process/forkserver.py. No service depends on
-- it: a process that it cannot start is started by exec.

local fork = require "plan.process.fork"
local octal = require "lib.octal"

local forkserver = {api = 2}

local APPS = {"synapse.app.homeserver", "synapse.app.generic_worker"}

-- Modules that Synapse imports only after its start. They were found by comparing sys.modules of ready children with
-- that of the server. txredisapi is not among them: its import stores a method of the reactor, and each child has its
-- own reactor.
local LAZY = {"psycopg2", "hiredis", "synapse.rest.client.media", "encodings.unicode_escape", "encodings.idna"}

-- The fork server has found that it cannot work with this Synapse. Another try would find the same.
local CAUSES = {
  {match = "^fork server: ", cause = "refused", permanent = true,
    hint = "Synapse's processes are started by exec, which only costs memory and some seconds"},
}

-- The program, its module, and the module's library.
local SCRIPT, MODULE, LIBRARY = "forkserver.py", "immortal.py", "libimmortal.so"

local function script(view) return ("%s/synapse/%s"):format(view.paths.runtime, SCRIPT) end

-- See core/process/immortal.py. Where nobody asked for it, nothing is said if it cannot be done.
local function immortal(view)
  local asked = view.settings.SYNLUA_IMMORTAL_HEAP
  return "--immortal=" .. (asked == nil and "try" or asked and "yes" or "no")
end

---@param view View
---@return table|nil
function forkserver.plan(view)
  if not fork.wanted(view) then return end
  local user = view.users.synapse
  local argv = {view.settings.SYNLUA_SYNAPSE_PYTHON, script(view), immortal(view)}
  for _, app in ipairs(APPS) do argv[#argv + 1] = app end
  argv[#argv + 1] = "--"
  for _, name in ipairs(LAZY) do argv[#argv + 1] = name end
  return {
    process = {
      argv = argv, environment = fork.environment(view, {secrets = false}), cwd = view.paths.data,
      uid = user.drop and user.uid, gid = user.drop and user.gid, fork_server = true,
      stop_signal = "TERM", grace_ms = 1000, open_files = 65536, oom_score_adj = 100,
    },
    -- Other services wait for it. The import takes a few seconds of processor time, but on a busy machine much longer.
    ready = {notify = true}, start_limit_ms = 60000, start_work_ms = 120000,
    on_failure = "degrade", give_up_after = 5, causes = CAUSES, early = true,
    memory = fork.memory(view).server,
  }
end

--- The program is copied beside Synapse's files, because Synapse's user may have no access to synlua's own files.
---@param view View
---@param make table see files
---@return table[]
function forkserver.files(view, make)
  if not fork.wanted(view) then return {} end
  local files = {}
  for at, name in ipairs {SCRIPT, MODULE, LIBRARY} do
    files[at] = {base = view.paths.runtime, path = "synapse/" .. name, mode = octal "0640", uid = view.users.own.uid,
      gid = view.users.synapse.gid, bytes = make.program(name)}
  end
  return files
end

return forkserver
