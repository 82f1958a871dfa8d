-- EDGE
-- Answers where something comes from: a variable, an option of Synapse, a file, a service, a worker type, a template.

local document = require "lib.document"
local file = require "core.file"
local installed = require "input.installed"
local instances = require "plan.workers.instances"
local option_origins = require "cli.option_origins"
local overrides = require "input.overrides"
local plan_sources = require "cli.shell.plan_sources"
local default_text = require "settings.default"
local schema = require "settings.schema"
local tables = require "lib.tables"

local origin = {}

--- The file that is used of lua/DIRECTORY/NAME or templates/NAME, and its text.
---@param directory "services"|"workers"|"templates"
---@param name string
---@return string path
---@return string? text
function origin.file(directory, name)
  for found, override in overrides.under(directory) do
    if found == name then return override.path, override.text end
  end
  local path = ("%s/%s%s/%s"):format(package.home, directory == "templates" and "" or "lua/", directory, name)
  return path, (file.read(path))
end

-- The line on which a worker type names the last part of an option, below its function `shared`.
local function line_of(text, option)
  local word, number, began = option:match "[^.]+$", 0, nil
  for line in ((text or "") .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if line:find "%f[%w_]shared%f[^%w_]" then began = began or number end
    if began and (line .. " "):find(("%%f[%%w_]%s%%f[^%%w_]"):format((word:gsub("%p", "%%%0")))) then return number end
  end
  return began or 1
end

-- The worker types whose shared configuration has an option.
local function add_types(lines, view, option)
  for kind, names in tables.sorted(instances.by_type(view.instances)) do
    local shared = view.input.worker_types[kind].shared
    local said = shared and document.get(document.map(shared(tables.copy(names))), option)
    if said ~= nil then
      local path, text = origin.file("workers", kind .. ".lua")
      lines[#lines + 1] = ("    by worker type %s of %s, %s:%d"):format(kind, table.concat(names, ", "), path,
        line_of(text, option))
    end
  end
end

--- Lines about an option, or nil if no layer sets it.
---@param done Stages
---@param option string
---@return string[]?
function origin.option(done, option)
  local lines = option_origins.lines(done.view, option, installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON))
  if lines and #done.view.instances > 1 then add_types(lines, done.view, option) end
  return lines
end

local function variable_lines(settings, entry, source)
  local value = settings[entry.name]
  local shown = value == nil and "unset" or entry.secret and "(secret)" or tostring(value)
  local default = default_text(entry)
  return {("%s: %s"):format(entry.name, type(value) == "table" and "(a table: settings." .. entry.name .. ")" or shown),
    "    " .. (source and "set by " .. source or default == "" and "not set" or "default: " .. default)}
end

local function variable(settings, name)
  local entry = schema.owner[name]
  return entry and variable_lines(settings, entry, settings.hooked[entry.name] or settings.sources[entry.name])
end

local function in_directory(known, directory, name, words)
  if known[name] == nil then return end
  return {("%s: %s"):format(name, words), "    " .. origin.file(directory, name .. (directory == "templates" and ""
    or ".lua"))}
end

local function planned_file(done, name)
  for _, item in ipairs(done.files) do
    local path = item.base .. "/" .. item.path
    if path == name or path:sub(-#name - 1) == "/" .. name then
      local lines = {path, "    made by " .. (item.made_by or "synlua")}
      local base = item.path:match "[^/]+$"
      if done.view.input.templates[base] then lines[3] = "    from " .. origin.file("templates", base) end
      return lines
    end
  end
end

-- The worker types with an endpoint of this path, each with its line.
local function endpoint(types, path)
  local lines = {path}
  for kind, definition in tables.sorted(types) do
    for _, one in ipairs(definition.endpoints or {}) do
      if one.path == path then
        local from, text = origin.file("workers", kind .. ".lua")
        local before = (text or ""):match("^(.-)" .. path:gsub("%p", "%%%0")) or ""
        lines[#lines + 1] = ("    an endpoint of worker type %s, %s:%d"):format(kind, from,
          select(2, before:gsub("\n", "")) + 1)
        break
      end
    end
  end
  return lines[2] and lines or nil
end

-- Below each source its own lines, without its value: a part shows what it has become.
local function add_source(lines, done, source)
  local found = variable(done.settings, source)
  if not found and not source:find " " and not source:find "^plan%." then found = origin.option(done, source) or {} end
  lines[#lines + 1] = found and ("    %s%s"):format(source, #found == 0 and ": not set" or ":") or "    " .. source
  for _, line in ipairs(found or {}) do
    if line:find "^    " then lines[#lines + 1] = "    " .. line end
  end
end

-- The files of the worker types that run.
local function add_worker_files(lines, done)
  for kind, names in tables.sorted(instances.by_type(done.view.instances)) do
    local path = origin.file("workers", kind .. ".lua")
    lines[#lines + 1] = ("        %s, for %s: %s"):format(kind, table.concat(names, ", "), path)
  end
end

-- A part of the plan. init.lua may have changed it afterwards.
local function of_plan(done, name)
  local part = name:match "^plan%.(.+)$" or name == "routes" and name or name:match "^routes%..+$"
  local sources = part and done.plan[part:match "^[^.]+"] ~= nil and plan_sources.of(part)
  if not sources then return end
  local lines = {name .. ": worked out by the plan from"}
  for _, source in ipairs(sources) do
    add_source(lines, done, source)
    if source:find "of the worker types$" then add_worker_files(lines, done) end
  end
  for relative, override in overrides.all() do
    if relative == "init.lua" and require("input.user_hooks").of "plan" then
      lines[#lines + 1] = "    the hook `plan` of " .. override.path
    end
  end
  return lines
end

-- The name without the table of the shell that it is in: services.nginx.ready is of the service nginx.
local function bare(name)
  local service = name:match "^services%.([^.]+)" or name:match "^plan%.services%.([^.]+)"
  return service or name:match "^workers%.([^.]+)" or name:match "^settings%.(.+)$" or name:match "^env%.(.+)$"
    or name:match "^templates%.(.+)$" or name:match "^files%.(.+)$" or name
end

--- Lines that say where what is called `name` comes from, or nil.
---@param done Stages
---@param name string also with the table of the shell that it is in
---@param types table<string, WorkerType>
---@return string[]?
function origin.why(done, name, types)
  name = bare(name)
  local found = variable(done.settings, name) or in_directory(types, "workers", name, "a worker type")
    or endpoint(types, name)
  if found or not done.plan then return found end
  local owner = done.view.services.owners[name]
  if owner then return {name .. ": a service", "    " .. origin.file("services", owner .. ".lua")} end
  return of_plan(done, name) or origin.option(done, name)
    or in_directory(done.view.catalog, "services", name, "a service that is not used") or planned_file(done, name)
    or in_directory(done.view.input.templates, "templates", name, "a template")
end

return origin
