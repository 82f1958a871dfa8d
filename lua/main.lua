-- EDGE
-- Finds the command and runs it. The result is the exit status; nil leaves the rest to the event loop.

local log = require "core.log"
local overrides = require "input.overrides"

local VERBS = {
  run = true, check = true, render = true, plan = true, route = true, env = true, eval = true, user = true, psql = true,
  explain = true, diff = true, leave = true, generate = true, migrate_config = true, exec = true,
  ["migrate-database"] = true, ["upgrade-database"] = true, housekeeping = true, backup = true,
}

-- These commands only talk to the running instance. They read no file of the user, which could break them or slow them
-- down.
local TALK = {status = true, health = true, start = true, stop = true, restart = true, logs = true, reload = true,
  top = true, job = true}

-- These commands speak of synlua itself, so no file of the user can break them; `override` reads them by itself, and
-- `restore` once they are restored.
local OWN = {
  override = true, restore = true, help = true, version = true, man = true, completion = true,
  ["--help"] = true, ["-h"] = true, ["--version"] = true,
}

local HIDDEN = {hooks = true, replan = true} -- what a service and the instance run

local LIVE = {plan = true, route = true, diff = true, explain = true, eval = true, housekeeping = true, backup = true}

local EX_USAGE, EX_CONFIG = 64, 78

-- Problems of variables and of homeserver.yaml, so that they are told together with those of files. Which worker types
-- there are is not certain while a file is faulty.
local function other_problems()
  local list = {}
  local ok, done = pcall(require("cli.configuration").make)
  for _, problem in ipairs(ok and done.problems or {}) do
    if problem.where ~= "SYNAPSE_WORKER_TYPES" then list[#list + 1] = problem end
  end
  return list
end

local function complain(problems)
  local report = require "settings.report"
  local others = other_problems()
  table.move(others, 1, #others, #problems + 1, problems)
  io.stderr:write(log.plain(report.format(problems, overrides.warnings())))
  log.write("error", ("exit %d: the %s %d problem%s"):format(EX_CONFIG, #others == 0 and "user directory has"
    or "user directory and the configuration have", #problems, #problems == 1 and "" or "s"))
  return EX_CONFIG
end

-- Whether the error is an os.exit in a user's file after services were started. The stop has begun then.
local function is_exit(message) return tostring(message):find "^[^\n]*os%.exit%(%d+%): stopping" ~= nil end

-- An error is a bug of synlua, unless the user directory changes what it does.
local function explain(message)
  log.write("error", tostring(message))
  if is_exit(message) then return end
  if not overrides.any() then
    log.write("error", "exit 1: internal error; please report the lines above")
    return 1
  end
  local paths = table.concat(overrides.paths(), ", ")
  log.write("error", ("exit %d: this may come from a file of the user directory (%s): try without it; if the error "
    .. "stays, please report the lines above"):format(EX_CONFIG, paths))
  return EX_CONFIG
end

-- A word that is no command: runs the program of that name, or reports the word and the command that was meant.
local function other(words)
  local program = require "cli.program"
  local path = program.find(words[1])
  if path then return program.run(path, {table.unpack(words, 2)}) end
  local known = {}
  for _, verbs in ipairs {VERBS, TALK, OWN} do
    for verb in pairs(verbs) do known[#known + 1] = verb end
  end
  table.sort(known)
  local meant = require("lib.distance").nearest(words[1], known)
  io.stderr:write(("synlua: no command or program %q%s; synlua --help lists the commands\n"):format(words[1],
    meant and (", did you mean %s?"):format(meant) or ""))
  return EX_USAGE
end

-- Whether a command has the option --live, which cli/live.lua carries out before any file of the user is read. Behind
-- the script of `eval` stand the script's own arguments.
local function asks_live(words)
  if not LIVE[words[1]] then return false end
  local is_eval, at, meant = words[1] == "eval", 2, false
  while words[at] do
    local word = words[at]
    if word == "--help" or word == "-h" then return false end
    if is_eval and (word == "-" or word:sub(1, 1) ~= "-") then break end
    meant = meant or word == "--live"
    at = at + (is_eval and word == "-e" and 2 or 1)
  end
  return meant
end

-- Whether it is a command that reads the files of the user directory, or an option before any command.
local function needs_files(verb) return verb:sub(1, 1) == "-" or VERBS[verb] or HIDDEN[verb] end

local function run(words)
  local ok, result = xpcall(require("cli").run, debug.traceback, words)
  if not ok then return explain(result) end
  return result
end

-- The problems of the user directory. Its services may have variables, which every command must know.
local function load_files()
  local problems = require "input.user_directory".load()
  local faults = overrides.any() and require("cli.own_settings").add() or {}
  return table.move(faults, 1, #faults, #problems + 1, problems)
end

---@param argv string[] [0] is the program
---@return integer|nil
return function(argv)
  -- A command that ends soon has too little garbage to collect.
  collectgarbage "stop"
  local words = {table.unpack(argv)}
  if #words == 0 or words[1] == "-m" then table.insert(words, 1, "run") end
  local verb = words[1]
  local live = asks_live(words) and require "cli.live"
  if live and argv[0] ~= live.PROGRAM then return live.enter(words) end
  if TALK[verb] or OWN[verb] or verb == "exec" then return run(words) end
  if not needs_files(verb) then return other(words) end
  local problems = load_files()
  if #problems > 0 then return complain(problems) end
  return run(words)
end
