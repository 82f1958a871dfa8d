-- EDGE
-- What a Python interpreter has installed, as its files say; nothing is run.

local file = require "core.file"
local tables = require "lib.tables"

local synapse = {}

--- Directories of packages. nil where they cannot be told: only a virtual environment's, and those of the
--- distribution's own interpreter, are known.
---@param python string
---@return string[]|nil
function synapse.packages(python)
  local prefix = python:match "^(.*)/bin/[^/]+$"
  if not prefix or not (file.stat(prefix .. "/pyvenv.cfg") or prefix == "/usr") then return end
  local places = {"/usr/lib/python3/dist-packages"}
  for name in tables.sorted(file.list(prefix, "lib") or {}) do
    if name:match "^python3" then table.insert(places, 1, ("%s/lib/%s/site-packages"):format(prefix, name)) end
  end
  return places
end

local function version_in(place)
  for name in tables.sorted(file.list(place, "") or {}) do
    local version = name:match "^matrix_synapse%-([%w.+]+)%.dist%-info$"
    if version then return version end
  end
end

--- The Synapse of an interpreter; nil where it cannot be told.
---@param python string
---@return Synapse|nil
function synapse.installed(python)
  for _, place in ipairs(synapse.packages(python) or {}) do
    local text = file.read(place .. "/synapse/storage/schema/__init__.py")
    if text then
      text = "\n" .. text:gsub("%s*#[^\n]*", "")
      local schema, compat = text:match "\nSCHEMA_VERSION = (%d+)", text:match "\nSCHEMA_COMPAT_VERSION = %(?%s*(%d+)"
      local version = version_in(place)
      if not (schema and compat and version) then return end
      return {version = version, schema = math.tointeger(tonumber(schema)), compat = math.tointeger(tonumber(compat))}
    end
  end
end

return synapse
