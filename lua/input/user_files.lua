-- EDGE
-- Runs every Lua file of the user directory in a sandbox, also one that nothing uses, and checks what it returns.

local check = require "contract.check"
local contract = require "contract"
local copies = require "contract.copies"
local file = require "core.file"
local guard = require "input.guard"
local overrides = require "input.overrides"
local sandbox = require "input.sandbox"
local user_job = require "input.user_job"
local user_options = require "input.user_options"
local user_service = require "input.user_service"
local versions = require "input.versions"
local worker_options = require "contract.worker_type".options

local user_files = {}

local DIRECTORIES = {worker = "workers", service = "services", job = "jobs"}

local loaded ---@type {worker: table<string, WorkerType>, service: table<string, table>, job: table<string, Job>,
--- hooks?: table}

local function report(override, faults)
  for _, fault in ipairs(faults) do guard.fault(override, fault.path, fault.what, fault.hint) end
  return #faults == 0
end

local function is_shipped(kind, name)
  local directory = DIRECTORIES[kind]
  return directory ~= nil and file.stat(("%s/lua/%s/%s.lua"):format(package.home, directory, name)) ~= nil
end

-- What the file returned. guard.call has left no metatables, so that nothing of it runs later but its functions.
local function checked(override, schema, value)
  return report(override, check.value(schema, value)) and value or nil
end

local function run(override, schema)
  local chunk, why = sandbox.load(override.relative, override.text)
  if not chunk then
    local line, what = why:match "^.-:(%d+): (.*)$"
    guard.fault(override, "", what or why, nil, ("%s:%s"):format(override.path, line or 1))
    return
  end
  local ok, value = guard.call(override, "", chunk)
  return ok and checked(override, schema, value) or nil
end

-- The shipped definition, changed by the file's function.
local function extended(override, schema, definition)
  local kind, name = override.place.kind, override.place.name
  if not is_shipped(kind, name) then
    guard.fault(override, "extends", ("there is no shipped %s %s to extend"):format(schema.name, name),
      "write a whole one: see docs/lua.md")
    return
  end
  local shipped = sandbox.new(override.relative).require(("shipped.%s.%s"):format(DIRECTORIES[kind], name))
  local ok, value = guard.call(override, "extends", definition.extends, shipped)
  if not ok then return end
  if value == nil then
    guard.fault(override, "extends", "returns nothing", "end it with return shipped")
    return
  end
  local made = checked(override, schema, value)
  if made and made.extends then
    guard.fault(override, "extends", "returns a table that has extends itself", "return shipped")
    return
  end
  return made
end

-- A function of a worker type that returns options, under the guard. After a fault there are none.
local function options_of(override, kind, field)
  local fn = kind[field]
  if not fn then return end
  kind[field] = function(given)
    local ok, value = guard.call(override, field, fn, copies.plain(given))
    local faults = {}
    local made = ok and (value == nil and {} or copies.plain(value))
    if ok then check.field(worker_options, made or 0, field, faults) end
    if not (report(override, faults) and made) then return {} end
    user_options.check(override, field, made)
    return made
  end
end

-- The options that such a function returns for a process of no plan, so that they are checked while nothing uses the
-- type. It may want more names than one, so that a fault here says nothing.
local function try_options(override, kind, field)
  local fn, name = kind[field], override.place.name .. "1"
  if not fn then return end
  local ok, value = guard.try(override, field, fn, field == "shared" and {name} or name)
  local made, faults = ok and value and copies.plain(value), {}
  if made then check.field(worker_options, made, field, faults) end
  if made and #faults == 0 then user_options.check(override, field, made) end
end

local makers = {}

function makers.worker(override, definition)
  for _, field in ipairs {"shared", "own"} do
    try_options(override, definition, field)
    options_of(override, definition, field)
  end
  definition.where = function(field) return guard.where(override, field) end
  return definition
end

function makers.service(override, definition)
  local name = override.place.name
  return user_service.make(override, name, definition, is_shipped("service", name))
end

function makers.job(override, definition) return user_job.make(override, override.place.name, definition) end

function makers.hooks(override, definition) return {override = override, definition = definition} end

local function read(override)
  local kind = override.place.kind
  local schema = contract.schema(kind)
  local definition = run(override, schema)
  if not definition then return end
  if definition.extends then
    definition = extended(override, schema, definition)
    if not definition then return end
  elseif is_shipped(kind, override.place.name) then
    versions.check(override, definition)
  elseif definition.replaces then
    guard.fault(override, "replaces", ("there is no shipped %s"):format(override.relative), "take it out")
  end
  if kind == "hooks" then
    loaded.hooks = makers.hooks(override, definition)
  else
    loaded[kind][override.place.name] = makers[kind](override, definition)
  end
end

--- Runs and checks all files.
---@return Problem[] problems of all of them
function user_files.load()
  loaded = {worker = {}, service = {}, job = {}}
  user_options.forget()
  for _, override in overrides.all() do
    local kind = override.place.kind
    if kind == "template" then versions.check_template(override) end
    if kind ~= "template" and kind ~= "slot" then read(override) end
  end
  return guard.take()
end

--- What the files of a kind returned, by name.
---@param kind "worker"|"service"|"job"
---@return table<string, table>
function user_files.of(kind)
  if not loaded then user_files.load() end
  return loaded[kind]
end

--- What init.lua returned, with its override; nil where there is none.
---@return {override: Override, definition: table}?
function user_files.hooks()
  if not loaded then user_files.load() end
  return loaded.hooks
end

return user_files
