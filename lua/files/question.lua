-- What Synapse's own parser is asked: which files each of its processes is given, and the texts of those that are not
-- on disk yet. Pure.

local hash = require "lib.hash"
local signing = require "plan.identity.signing"
local synapse_process = require "plan.process.synapse"
local tables = require "lib.tables"

local question = {}

---@class Question
---@field head table what templates/check_config.py reads first
---@field texts string[] in the order of head.texts
---@field key string stands for all that went in, so that nothing need be asked twice
---@field command {argv: string[], environment: string[], forked: string[], uid?: integer, gid?: integer} forked: the
--- environment of a process that the fork server forks
---@field program string

-- Reads itself from descriptor 0: its text lies where others may not read it, and needs no file.
local BOOT = "import os as o; d = o.pread(0, o.fstat(0).st_size, 0); p, d = d.split(b'\\0', 1); "
  .. "n = {'__name__': 'check_config'}; exec(compile(p, 'check_config.py', 'exec'), n); n['main'](d)"

--- The arguments of a Python that runs the program of a question.
---@param python string
---@return string[]
function question.argv(python) return {python, "-I", "-B", "-c", BOOT} end

-- What only a process that goes on needs.
local LEFT_OUT = {NOTIFY_SOCKET = true, LD_PRELOAD = true, MALLOC_CONF = true}

-- The fork server has the other two, and what it forks has the same.
local LEFT_OUT_OF_FORK = {NOTIFY_SOCKET = true}

local function environment_of(process, left_out)
  local list = {}
  for _, word in ipairs(process.environment) do
    if not left_out[word:match "^[^=]*"] then list[#list + 1] = word end
  end
  return list
end

-- What its types say for a worker's own file, beyond its name and its listeners.
local function own_options(view, instance)
  local words = {}
  for _, name in ipairs(instance.types) do
    local own = view.input.worker_types[name].own
    for key, value in tables.sorted(own and own(instance.name) or {}) do
      words[#words + 1] = key .. "=" .. tostring(value)
    end
  end
  return table.concat(words, "\n")
end

-- Main, and one worker of all whose own files say the same: 20 ms of each.
local function processes_of(view)
  local list, seen = {{name = "main", files = synapse_process.files(view)}}, {}
  for at = 2, #view.instances do
    local instance = view.instances[at]
    local options = own_options(view, instance)
    if not seen[options] then
      list[#list + 1] = {name = instance.name,
        files = synapse_process.files(view, ("%s/workers/%s.yaml"):format(view.paths.runtime, instance.name))}
    end
    seen[options] = true
  end
  return list
end

-- What the admin wrote, as it was read.
local function add_read(view, add)
  for at = 1, view.admin.plain_files do add(view.admin.layers[at].name, view.admin.layers[at].text) end
  for _, one in ipairs(view.input.appservices) do add(one.path, one.text) end
  local log = view.input.log_config
  if log then add(log.path, log.text) end
end

-- A key that is none, where the start is going to make one.
local ANY_KEY = "ed25519 a_none " .. ("A"):rep(43) .. "\n"

-- What the start writes and Synapse's user can read.
local function add_written(view, files, exists, add)
  local user, key = view.users.synapse, signing.path(view)
  for _, item in ipairs(files) do
    local path = item.base .. "/" .. item.path
    local theirs = (item.uid == user.uid or item.gid == user.gid) and not path:find "%.py$"
    if path == view.paths.homeserver then -- the next start reads the same
      add(path, item.bytes)
    elseif theirs and not (item.once and exists(path)) then
      add(path, path == key and ANY_KEY or item.bytes, item.once)
    end
  end
end

-- Directories that the start makes, or gives to Synapse's user.
local function made_of(view, plan)
  local list, user = {}, view.users.synapse
  for _, item in ipairs(plan.directories) do
    if (item.user or item).uid == user.uid then
      list[#list + 1] = item.path == "" and item.base or item.base .. "/" .. item.path
    end
  end
  for _, task in ipairs(plan.ownership.tasks) do
    if task.change and task.uid == user.uid then list[#list + 1] = task.base end
  end
  return list
end

local function key_of(view, made, installed)
  local parts = {made.program, made.head.cwd, table.concat(made.command.argv, "\0"),
    table.concat(made.command.environment, "\0"), ("%s:%s"):format(made.command.uid, made.command.gid), installed}
  local synapse = view.input.synapse
  parts[#parts + 1] = synapse and synapse.version or ""
  for _, process in ipairs(made.head.processes) do
    parts[#parts + 1] = process.name .. "\0" .. table.concat(process.files, "\0")
  end
  local texts = {}
  for at, entry in ipairs(made.head.texts) do
    if not made.once[at] then texts[entry[1]] = made.texts[at] end
  end
  for path, text in tables.sorted(texts) do parts[#parts + 1] = path .. "\0" .. text end
  for at, part in ipairs(parts) do parts[at] = #part .. ":" .. part end
  return hash.long(table.concat(parts))
end

--- The question, where there is a Synapse to ask about.
---@param done Stages without problems
---@param world {exists: fun(path: string): boolean, installed: string, ahead: boolean} installed: changes with the
--- packages of Synapse's Python; ahead: the start has not made anything yet
---@return Question|nil
function question.of(done, world)
  local view, plan = done.view, done.plan
  local service = plan.services.synapse
  local process, python = service and service.process, view.settings.SYNLUA_SYNAPSE_PYTHON
  -- A service of the user's in Synapse's place may be anything.
  if not service or process.argv[1] ~= python or view.input.migrates then return end
  local made = {
    program = view.input.templates["check_config.py"].text, texts = {}, once = {},
    head = {cwd = process.cwd or "/", processes = processes_of(view), texts = {},
      made = world.ahead and made_of(view, plan) or {}},
    command = {argv = question.argv(python), environment = environment_of(process, LEFT_OUT),
      forked = environment_of(process, LEFT_OUT_OF_FORK), uid = process.uid, gid = process.gid},
  }
  local seen = {}
  local function add(path, text, once)
    if text == nil or seen[path] then return end
    seen[path] = true
    local at = #made.texts + 1
    made.texts[at], made.head.texts[at], made.once[at] = text, {path, #text}, once or nil
  end
  add_read(view, add)
  add_written(view, done.files, world.exists, add)
  made.key = key_of(view, made, world.installed)
  return made
end

--- The whole text that the program finds.
---@param made Question
---@param encode fun(value: table): string JSON
---@return string
function question.text(made, encode)
  return made.program .. "\0" .. encode(made.head) .. "\n" .. table.concat(made.texts)
end

return question
