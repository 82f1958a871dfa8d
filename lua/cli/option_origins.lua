-- Finds the layer that sets an option of Synapse, and the values in the layers below it.

local document = require "lib.document"
local hide = require "files.hide"
local variables = require "plan.homeserver.variables"
local exclusive = require "input.exclusive"
local instances = require "plan.workers.instances"
local tables = require "lib.tables"

local option_origins = {}

local function quoted(text) return (("%q"):format(text):gsub("\\\n", "\\n")) end

local shown

local function shown_inside(value, is_map)
  local parts = {}
  for key, inner in tables.sorted(value) do
    local name = type(key) == "table" and key.text or tostring(key)
    parts[#parts + 1] = (is_map and name .. ": " or "") .. shown(inner)
  end
  return (is_map and "{%s}" or "[%s]"):format(table.concat(parts, ", "))
end

-- A value on one line, in YAML's flow style.
function shown(value)
  local kind = document.kind(value)
  if kind == "map" or kind == "seq" then return shown_inside(value, kind == "map") end
  if kind == "scalar" then return value.style == "plain" and value.text or quoted(value.text) end
  return kind == "string" and quoted(value) or tostring(value)
end

-- The variable of a leaf. Of several it is the one with the longest path to the leaf.
local function variable_of(paths, path)
  local best, length
  for prefix, source in tables.sorted(paths) do
    local fits = prefix == path or path:sub(1, #prefix + 1) == prefix .. "."
    if fits and #prefix > (length or -1) then best, length = source, #prefix end
  end
  return best
end

local function own_variable(layer, path)
  return variable_of(layer.variables, path) or layer.name
end

-- The worker types whose file sets an option of the shared configuration.
local function of_workers(view, path)
  local names = instances.by_type(view.instances)
  for name, kind in tables.sorted(view.input.worker_types) do
    local said = names[name] and kind.shared and kind.shared(tables.copy(names[name]))
    if said and document.get(document.map(said), path) ~= nil then
      return (": workers/%s.lua, by SYNAPSE_WORKER_TYPES"):format(name)
    end
  end
  local is_address = path:match "^instance_map%f[.\0]" and #view.instances > 1
  return is_address and ": the addresses of SYNAPSE_WORKER_TYPES" or ""
end

-- The value of each layer at a path, and the layer's name there, highest first.
local function stack(view)
  local sources, list = variables.sources(view.settings), {}
  local function add(value, name, admin)
    list[#list + 1] = {value = value, name = name, admin = admin}
  end
  add(view.homeserver.merging[4].value, function(path) return "synlua, which owns it" .. of_workers(view, path) end)
  for at = #view.admin.layers, 1, -1 do
    local layer = view.admin.layers[at]
    local said = view.database.over_file and exclusive.without_database(layer.document) or layer.document
    add(said, function(path, value)
      if layer.variables then return own_variable(layer, path) end
      local line = type(value) == "table" and ((layer.info and layer.info.lines or {})[value] or value.line)
      return layer.name .. (line and ":" .. line or "")
    end, true)
  end
  add(document.map(view.homeserver.by_variables), function(path)
    return variable_of(sources, path) or "a variable"
  end)
  add(view.homeserver.merging[1].value, function() return "synlua's default" end)
  return list
end

local function leaves(value, path, into)
  if document.kind(value) ~= "map" or next(value) == nil then
    into[#into + 1] = path
    return into
  end
  for key, inner in tables.sorted(value) do leaves(inner, path .. "." .. document.path {key}, into) end
  return into
end

local function takes_back(layer, path)
  local value = layer.admin and document.get(layer.value, path:match "^[^.]*")
  return document.kind(value) == "scalar" and document.plain(value) == nil
end

-- Where a leaf comes from, highest first. What the admin says below a null is not in effect.
local function add_origins(lines, all, hidden, path)
  local set, taken = false, false
  for _, layer in ipairs(all) do
    local value = document.get(layer.value, path)
    if not set and takes_back(layer, path) then
      lines[#lines + 1] = "    taken back by " .. layer.name(path:match "^[^.]*", value)
      taken = true
    elseif value ~= nil then
      local over = set or taken and layer.admin
      local text = shown(hide.document(value, hidden, path))
      lines[#lines + 1] = over and ("    over %s: %s"):format(layer.name(path, value), text)
        or ("    set by %s"):format(layer.name(path, value))
      set = set or not over
    end
  end
end

local function add_leaf(lines, view, all, hidden, path)
  local final = document.get(view.homeserver.merged, path)
  lines[#lines + 1] = ("%s: %s"):format(path, shown(hide.document(final, hidden, path)))
  add_origins(lines, all, hidden, path)
end

-- What single processes have of their own.
local function add_processes(lines, view, hidden, key)
  for at = 2, #view.instances do
    local instance = view.instances[at]
    for _, name in ipairs(instance.types) do
      local own = view.input.worker_types[name].own
      local value = (own and own(instance.name) or {})[key]
      local text = value ~= nil and shown(hide.document(value, hidden, key))
      if text then lines[#lines + 1] = ("    %s alone: %s"):format(instance.name, text) end
    end
  end
end

--- A value on one line.
option_origins.shown = shown

--- The paths below a path that hold no mapping.
---@param path string
---@param merged any
---@return string[]
function option_origins.leaves(path, merged) return leaves(document.get(merged, path), path, {}) end

--- Lines about an option and the options below it. nil if no layer sets it.
---@param view View
---@param key string dotted
---@param secrets? table<string, boolean> dotted paths that are hidden whatever their name is
---@return string[]|nil
function option_origins.lines(view, key, secrets)
  local final, lines = document.get(view.homeserver.merged, key), {}
  if final == nil then return nil end
  local all, hidden = stack(view), hide.paths(view, secrets)
  for _, path in ipairs(leaves(final, key, {})) do add_leaf(lines, view, all, hidden, path) end
  add_processes(lines, view, hidden, key)
  return lines
end

return option_origins
