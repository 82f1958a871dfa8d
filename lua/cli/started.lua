-- What a start was made with: a hash of each variable, and the options that Synapse got. The running instance keeps it,
-- so that commands can say what differs now. Pure.

local document = require "lib.document"
local hash = require "lib.hash"
local hide = require "files.hide"
local option_origins = require "cli.option_origins"
local schema = require "settings.schema"
local tables = require "lib.tables"

local started = {}

---@class Started
---@field salt string
---@field variables table<string, string> name -> hash, of each variable that is set
---@field options table<string, {text: string, hash: string}> dotted path -> its value, without secrets

local CONFIG = "^SYNAPSE_CONFIG__"

local function canonical(value)
  if type(value) ~= "table" then return ("%s:%s"):format(math.type(value) or type(value), tostring(value)) end
  if document.kind(value) == "scalar" then return value.text end -- where it stands in its file does not count
  local parts = {}
  for key, inner in tables.sorted(value) do parts[#parts + 1] = ("%s=%s"):format(key, canonical(inner)) end
  return "{" .. table.concat(parts, ";") .. "}"
end

--- The hashes of all variables that are set.
---@param settings Settings
---@param environment table<string, string>
---@param salt string
---@return table<string, string>
function started.variables(settings, environment, salt)
  local made = {}
  for _, entry in ipairs(schema.entries) do
    local name = entry.name
    if settings.sources[name] then made[name] = hash.short(salt .. name .. canonical(settings[name])) end
  end
  for name, value in pairs(environment) do
    if name:find(CONFIG) then made[name] = hash.short(salt .. name .. value) end
  end
  return made
end

--- The options of Synapse, as all layers say them together.
---@param view View
---@param salt string
---@param secrets? table<string, boolean> dotted paths that are hidden whatever their name is
---@return table<string, {text: string, hash: string}>
function started.options(view, salt, secrets)
  local merged, hidden, made = view.homeserver.merged, hide.paths(view, secrets), {}
  for key in pairs(merged) do
    for _, path in ipairs(option_origins.leaves(document.path {key}, merged)) do
      local value = document.get(merged, path)
      made[path] = {text = option_origins.shown(hide.document(value, hidden, path)),
        hash = hash.short(salt .. canonical(document.plain(value)))}
    end
  end
  return made
end

local function line(mark, path, option) return ("%s%s: %s"):format(mark, path, option.text) end

--- How the options would change, line by line. Empty if they would not.
---@param before table<string, {text: string, hash: string}>
---@param after table<string, {text: string, hash: string}>
---@return string[]
function started.changes(before, after)
  local lines = {}
  local function same(x, y) return x.hash == y.hash end
  for _, path in ipairs(tables.differing(before, after, same)) do
    local old, new = before[path], after[path]
    if old and new and (old.text == new.text or new.text:find(hide.SHOWN, 1, true)) then
      lines[#lines + 1] = (" %s: %s (it differs)"):format(path, new.text)
    else
      if old then lines[#lines + 1] = line("-", path, old) end
      if new then lines[#lines + 1] = line("+", path, new) end
    end
  end
  return lines
end

return started
