-- EDGE
-- What becomes of each file of the user directory: it is used, unused, stale or refused, and why.

local configuration = require "cli.configuration"
local file = require "core.file"
local octal = require "lib.octal"
local overrides = require "input.overrides"
local own_settings = require "cli.own_settings"
local user_directory = require "input.user_directory"

local list = {}

---@class OverrideState
---@field path string below the user directory
---@field state "used"|"unused"|"stale"|"refused"
---@field note? string why

-- The file that a place such as "/data/synlua/init.lua:3" names.
local function file_of(where) return where:gsub(":%d+$", "") end

-- Who owns a file that is refused, where that is why.
local function owner_of(path)
  local stat = file.stat(path)
  if not stat then return "it cannot be looked at" end
  local writable = stat.mode & octal "0022" ~= 0 and (", mode %04o"):format(stat.mode & octal "07777") or ""
  return ("it belongs to uid %d%s"):format(stat.uid, writable)
end

local function refused_note(problem)
  local is_owner = problem.what:find "a service's user owns it" ~= nil
  return is_owner and ("%s: %s"):format(owner_of(file_of(problem.where)), problem.what)
    or ("%s%s"):format(problem.where:match ":(%d+)$" and "line " .. problem.where:match ":(%d+)$" .. ": " or "",
      problem.what)
end

local function add_refused(states, problems)
  for _, problem in ipairs(problems) do
    local path = file_of(problem.where)
    local other = states[path]
    if other and other.state == "refused" then
      other.more = (other.more or 0) + 1
    else
      states[path] = {state = "refused", note = refused_note(problem)}
    end
  end
end

-- What the functions of files do wrong while a plan is made.
local function problems_of_files(done, directory)
  local made = {}
  for _, problem in ipairs(done and done.problems or {}) do
    if problem.where:sub(1, #directory + 1) == directory .. "/" then made[#made + 1] = problem end
  end
  return made
end

-- What the warnings of reading say: a file in the wrong place, or one that stands in for another version.
local function add_told(states, warnings)
  for _, warning in ipairs(warnings) do
    local path = file_of(warning.where)
    local state = warning.what:find "^is not used" and "unused" or warning.what:find "an older" and "stale" or "used"
    states[path] = states[path] or {state = state, note = ("%s: %s"):format(warning.what, warning.hint)}
  end
end

-- Pieces for slots that no file takes in: only the whole plan shows that.
local function add_without_effect(states, done)
  for _, override in overrides.all() do
    for _, warning in ipairs(override.place.kind == "slot" and done and done.warnings or {}) do
      if warning.where == override.path and warning.what:find "^has no effect" then
        states[override.path] = {state = "unused", note = ("%s: %s"):format(warning.what, warning.hint)}
      end
    end
  end
end

local uses = {}

function uses.worker(done, name)
  for _, instance in ipairs(done.plan.instances) do
    for _, kind in ipairs(instance.types) do
      if kind == name then return true end
    end
  end
  return false, "no worker is of this type: SYNAPSE_WORKER_TYPES names the types"
end

function uses.service(done, name)
  for _, owner in pairs(done.view.services.owners) do
    if owner == name then return true end
  end
  return false, "it plans no process under these variables"
end

function uses.job(done, name)
  return done.plan.jobs[name] ~= nil, done.plan.jobs_off[name] or "it cannot be planned"
end

local function add_found(states, done)
  local knows = done and done.plan and done.view.services
  for _, override in overrides.all() do
    local is_used, why = true, nil
    local use = uses[override.place.kind]
    if use and knows then is_used, why = use(done, override.place.name) end
    if not states[override.path] then
      states[override.path] = {state = is_used and "used" or "unused", note = why}
    end
  end
end

--- The state of every file, sorted by path. A problem of the whole directory has the path of the directory.
---@return OverrideState[]
---@return string directory
function list.make()
  local states, made, directory = {}, {}, overrides.directory()
  local problems = user_directory.load()
  local faults = overrides.any() and own_settings.add() or {}
  add_refused(states, table.move(faults, 1, #faults, #problems + 1, problems))
  local done = overrides.any() and configuration.make() or nil -- without what is refused
  add_refused(states, problems_of_files(done, directory))
  add_told(states, overrides.warnings())
  add_without_effect(states, done)
  add_found(states, done)
  for path, one in pairs(states) do
    one.path = path:sub(1, #directory + 1) == directory .. "/" and path:sub(#directory + 2) or path
    if one.more then one.note = ("%s (and %d more: synlua check)"):format(one.note, one.more) end
    one.more = nil
    made[#made + 1] = one
  end
  table.sort(made, function(a, b) return a.path < b.path end)
  return made, directory
end

return list
