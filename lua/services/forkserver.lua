-- Imports Synapse once and forks its processes; core/process/forkserver.py says how. No service depends on it: what it
-- cannot start is started by exec.

local fork = require "plan.process.fork"
local octal = require "lib.octal"

local forkserver = {api = 1}

local APPS = {"synapse.app.homeserver", "synapse.app.generic_worker"}

-- What Synapse imports only once it runs, found by comparing sys.modules of children that were ready with the server's.
-- Not txredisapi: it takes a method of the reactor when it is imported, and that belongs to each child.
local LAZY = {"psycopg2", "hiredis", "synapse.rest.client.media", "encodings.unicode_escape", "encodings.idna"}

-- It says so, and will say so every time.
local CAUSES = {
  {match = "^fork server: ", cause = "refused", permanent = true,
    hint = "Synapse's processes are started by exec, which only costs memory and some seconds"},
}

local function script(view) return view.paths.runtime .. "/synapse/forkserver.py" end

---@param view View
---@return table|nil
function forkserver.plan(view)
  if not fork.wanted(view) then return end
  local user = view.users.synapse
  local argv = {view.settings.SYNLUA_SYNAPSE_PYTHON, script(view)}
  for _, app in ipairs(APPS) do argv[#argv + 1] = app end
  argv[#argv + 1] = "--"
  for _, name in ipairs(LAZY) do argv[#argv + 1] = name end
  return {
    process = {
      argv = argv, environment = fork.environment(view, {secrets = false}), cwd = view.paths.data,
      uid = user.drop and user.uid, gid = user.drop and user.gid, fork_server = true,
      stop_signal = "TERM", grace_ms = 1000, open_files = 65536, oom_score_adj = 100,
    },
    -- Others wait for it. It imports for a few seconds of the processor's time, however long it waits for that.
    ready = {notify = true}, start_limit_ms = 60000, start_work_ms = 120000,
    on_failure = "degrade", give_up_after = 5, causes = CAUSES,
  }
end

--- Beside the files of Synapse's, so that its user can read it wherever synlua itself is.
---@param view View
---@param make table see files
---@return table[]
function forkserver.files(view, make)
  if not fork.wanted(view) then return {} end
  return {{base = view.paths.runtime, path = "synapse/forkserver.py", mode = octal "0640", uid = view.users.own.uid,
    gid = view.users.synapse.gid, bytes = make.program "forkserver.py"}}
end

return forkserver
