-- Decides which processes the fork server starts, and makes the environment of Synapse's processes.

local modules = require "plan.process.modules"
local records = require "lib.records"
local tables = require "lib.tables"

local fork = {SERVER = "forkserver"}

--- Whether there is a fork server. For main alone it would only be one more process.
---@param view View
---@return boolean
function fork.wanted(view)
  local asked = view.settings.SYNLUA_FORK_SERVER
  if asked ~= nil then return asked end
  return #view.instances > 1
end

-- The versions of Python whose objects core/process/immortal.py makes immortal.
local IMMORTAL = {["3.12"] = true, ["3.13"] = true}

---@class ForkMemory MB after the first requests, see bench/README.md
---@field main integer its own
---@field worker integer its own. The types differ by less than a worker that is used differs from one that is not.
---@field server integer its own, and once what it shares with all that it makes

---@type ForkMemory, ForkMemory
local COPIED, SHARED = {main = 42, worker = 38, server = 75}, {main = 23, worker = 20, server = 115}

--- What the fork server and its processes need.
---@param view View
---@return ForkMemory
function fork.memory(view)
  local python = view.input.synapse and view.input.synapse.python
  return view.settings.SYNLUA_IMMORTAL_HEAP ~= false and IMMORTAL[python] and SHARED or COPIED
end

--- Lets the fork server start this process of Synapse, if there is a fork server.
---@param view View
---@param part table of services[name]
---@return table part
function fork.offer(view, part)
  if not fork.wanted(view) then return part end
  part.process.fork = fork.SERVER
  part.prefers = {fork.SERVER}
  return part
end

-- Python allocates under one lock. jemalloc's usual four arenas for each processor, and a cache for each of some twenty
-- threads, would therefore only hold memory that no process uses. Freed memory goes back to the kernel after one second
-- instead of ten.
local function use_jemalloc(view, set)
  local library = view.settings.SYNLUA_JEMALLOC and view.input.host.libraries.jemalloc
  if not library then return end
  set.LD_PRELOAD = set.LD_PRELOAD and library .. ":" .. set.LD_PRELOAD or library
  set.MALLOC_CONF = "narenas:1,tcache:false,dirty_decay_ms:1000,muzzy_decay_ms:0"
end

--- The environment of Synapse's processes. The fork server gets the same without secrets, which are sent with each
--- request to fork, so that it keeps none.
---@param view View
---@param options? {secrets: boolean}
---@return string[] NAME=value
function fork.environment(view, options)
  local set = {
    PATH = "/usr/local/bin:/usr/bin:/bin", LANG = "C.UTF-8", HOME = view.paths.data,
    NOTIFY_SOCKET = view.paths.notify,
    -- Bodies above 100 KB: strangers could fill /tmp, which may be memory. Where it cannot be had, Python takes /tmp.
    TMPDIR = view.paths.data .. "/" .. records.TEMPORARY,
  }
  for name, value in tables.sorted(view.settings.inherited) do
    if not (options and options.secrets == false and name:lower():find "_proxy$") then set[name] = value end
  end
  use_jemalloc(view, set)
  modules.set(view, set)
  local list = {}
  for name, value in tables.sorted(set) do list[#list + 1] = name .. "=" .. value end
  return list
end

return fork
