-- EDGE
-- Asks Synapse's own parser, as its user and without writing anything, and remembers what it found good: a start with
-- the same configuration need not ask again.

local asking = require "disk.asking"
local dkjson = require "dkjson"
local file = require "core.file"
local installed = require "input.installed"
local log = require "core.log"
local octal = require "lib.octal"
local question = require "files.question"
local records = require "lib.records"
local refusals = require "files.refusals"
local write = require "disk.write"

local parser = {}

local NAME = "synapse's parser"
local RECORD_MAX = 256 * 1024

local function exists(path) return file.stat(path) ~= nil end

-- Changes when a package is added, removed or renamed, as by every upgrade.
local function installed_stamp(python)
  local stamps = {}
  for _, place in ipairs(installed.packages(python) or {}) do
    local stat = file.stat(place)
    if stat then stamps[#stamps + 1] = ("%s %d.%d"):format(place, stat.mtime, stat.mtime_ns) end
  end
  return table.concat(stamps, "\n")
end

local function stamp(kind, path)
  local stat = file.stat(path)
  if not stat then return "-" end
  local who = ("%s:%o:%d:%d"):format(stat.kind, stat.mode, stat.uid, stat.gid)
  return kind == "read" and stat.kind == "file" and ("%s:%d:%d.%d"):format(who, stat.size, stat.mtime,
    stat.mtime_ns) or who
end

local function is_unchanged(record, key)
  if not record or record.key ~= key then return false end
  for _, entry in ipairs(record.paths) do
    if stamp(entry.kind, entry.path) ~= entry.stamp then return false end
  end
  return true
end

--- The question that is still to be asked about this plan; nil where nothing has changed since it was found good.
---@param done Stages without problems
---@param ahead boolean the start has not made anything yet
---@return Question|nil
function parser.open_question(done, ahead)
  local made = question.of(done, {exists = exists, ahead = ahead,
    installed = installed_stamp(done.settings.SYNLUA_SYNAPSE_PYTHON)})
  if not made then return end
  local record = records.checked(file.read_below(done.plan.paths.data, records.CHECKED, RECORD_MAX))
  if is_unchanged(record, made.key) then return end
  return made
end

---@class ParserEnd
---@field interrupted boolean a stop has begun
---@field problems Problem[]
---@field unknown? string why it could not be asked
---@field answer? table

--- Asks. on_end comes later, and not where a problem is returned.
---@param made Question
---@param view View
---@param on_end fun(ended: ParserEnd, made: Question)
---@return string|nil why it could not be started
function parser.ask(made, view, on_end)
  return asking.ask(NAME, made.command, question.text(made, dkjson.encode), function(ended)
    ended.problems, ended.unknown = parser.judge(view, ended.answer, ended.unknown)
    on_end(ended, made)
  end)
end

--- The process to ask beside services that run; see processes/beside.lua.
---@param made Question
---@param by_fork boolean the fork server is ready, which has imported Synapse already
---@return table
function parser.process(made, by_fork)
  local command = made.command
  return {name = NAME, argv = command.argv, environment = command.environment, uid = command.uid, gid = command.gid,
    text = question.text(made, dkjson.encode), limit_ms = asking.LIMIT, fork = by_fork and command.forked or nil}
end

--- What its answer means.
---@param view View
---@param answer? table
---@param why? string there is no answer
---@return Problem[]
---@return string? unknown
function parser.judge(view, answer, why)
  if not answer or answer.synlua ~= 1 then return {}, why or "it ended without an answer" end
  if answer.unknown then return {}, answer.unknown end
  return refusals.of(view, answer.problems)
end

--- Says that nothing could be told, unless there is no parser that we know.
---@param why string
function parser.tell_unknown(why)
  log.write(why:find "No module named" and "debug" or "warn",
    ("Synapse's own parser was not asked about the configuration: %s"):format(why))
end

--- Remembers a question that was found good.
---@param made Question
---@param answer table
---@param plan Plan
---@param privileged boolean
function parser.remember(made, answer, plan, privileged)
  local paths = {}
  for _, kind in ipairs {"read", "looked"} do
    for _, path in ipairs(answer[kind] or {}) do
      if type(path) == "string" and path:find "^/[^\n]*$" then
        paths[#paths + 1] = {kind = kind, path = path, stamp = stamp(kind, path)}
      end
    end
  end
  local ok, problem = write.files({{base = plan.paths.data, path = records.CHECKED, mode = octal "0644",
    uid = plan.owner.uid, gid = plan.owner.gid, bytes = records.checked_text(made.key, paths)}}, privileged)
  if not ok then log.write("debug", ("%s: %s"):format(problem.where, problem.what)) end
end

return parser
