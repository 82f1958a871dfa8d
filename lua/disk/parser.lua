-- EDGE
-- Asks Synapse's own parser, as its user and without writing anything, and remembers what it found good: a start with
-- the same configuration need not ask again.

local dkjson = require "dkjson"
local exchange = require "core.exchange"
local file = require "core.file"
local installed = require "input.installed"
local log = require "core.log"
local loop = require "core.loop"
local octal = require "lib.octal"
local process = require "core.process"
local question = require "files.question"
local records = require "lib.records"
local refusals = require "files.refusals"
local write = require "disk.write"

local parser = {}

local NAME = "synapse's parser"
local LIMIT = 60000 -- ms; it takes one second, and much more where the disk is slow
local ANSWER_MAX, RECORD_MAX = 1024 * 1024, 256 * 1024

local function exists(path) return file.stat(path) ~= nil end

-- Changes when a package is added, removed or renamed, as by every upgrade.
local function installed_stamp(python)
  local stamps = {}
  for _, place in ipairs(installed.packages(python) or {}) do
    local stat = file.stat(place)
    if stat then stamps[#stamps + 1] = ("%s %d"):format(place, stat.mtime) end
  end
  return table.concat(stamps, "\n")
end

local function stamp(kind, path)
  local stat = file.stat(path)
  if not stat then return "-" end
  local who = ("%s:%o:%d:%d"):format(stat.kind, stat.mode, stat.uid, stat.gid)
  return kind == "read" and stat.kind == "file" and ("%s:%d:%d"):format(who, stat.size, stat.mtime) or who
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

-- nil: no answer, and why not.
local function read_answer(asked, exit, late)
  if late then return nil, ("it did not answer in %d s"):format(LIMIT // 1000) end
  local text = exit.kind == "exit" and exit.code == 0 and asked:read(ANSWER_MAX)
  local answer = text and dkjson.decode(text)
  if type(answer) ~= "table" or answer.synlua ~= 1 then return nil, "it ended without an answer" end
  return answer, answer.unknown
end

---@class ParserEnd
---@field interrupted boolean a stop has begun
---@field problems Problem[]
---@field unknown? string why it could not be asked
---@field answer? table

local function watch(made, asked, view, on_end)
  local interrupted, late = false, false
  local limit = loop.timer(LIMIT, function()
    late = true
    process.signal(NAME, "KILL")
  end)
  local function stop() interrupted = true end
  loop.on("stopping", stop)
  loop.on("interrupted", stop)
  loop.on("exit", function(exit)
    limit:close()
    for _, event in ipairs {"exit", "stopping", "interrupted"} do loop.on(event, nil) end
    local answer, unknown = read_answer(asked, exit, late)
    asked:close()
    on_end({interrupted = interrupted, unknown = unknown, answer = answer,
      problems = answer and not unknown and refusals.of(view, answer.problems) or {}}, made)
  end)
end

--- Asks. on_end comes later, and not where a problem is returned.
---@param made Question
---@param view View
---@param on_end fun(ended: ParserEnd, made: Question)
---@return string|nil why it could not be started
function parser.ask(made, view, on_end)
  local asked, what = exchange.new(question.text(made, dkjson.encode))
  if not asked then return what end
  local command = made.command
  local pid, why = process.spawn {name = NAME, argv = command.argv, environment = command.environment, cwd = "/",
    uid = command.uid, gid = command.gid, stop_signal = "KILL", exchange = asked}
  if not pid then
    asked:close()
    return why
  end
  watch(made, asked, view, on_end)
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
