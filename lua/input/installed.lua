-- EDGE
-- The version, the schema and the option names of the installed Synapse, read from its files. Nothing is run.

local file = require "core.file"
local secret_options = require "lib.secret_options"
local synapse_options = require "input.synapse_options"
local tables = require "lib.tables"

local installed = {}

---@class Synapse
---@field version string
---@field schema integer that it makes
---@field compat integer the oldest schema whose Synapse can use the database once this one has run
---@field python? string such as 3.13, where the place of its files says it

--- The directories of an interpreter's packages. They are known for a virtual environment and for the distribution's
--- own interpreter. nil for any other.
---@param python string
---@return string[]|nil
function installed.packages(python)
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

--- The Synapse of an interpreter. nil if its files do not show it.
---@param python string
---@return Synapse|nil
function installed.synapse(python)
  for _, place in ipairs(installed.packages(python) or {}) do
    local text = file.read(place .. "/synapse/storage/schema/__init__.py")
    if text then
      text = "\n" .. text:gsub("%s*#[^\n]*", "")
      local schema, compat = text:match "\nSCHEMA_VERSION = (%d+)", text:match "\nSCHEMA_COMPAT_VERSION = %(?%s*(%d+)"
      local version = version_in(place)
      if not (schema and compat and version) then return end
      return {version = version, schema = math.tointeger(tonumber(schema)), compat = math.tointeger(tonumber(compat)),
        python = place:match "/python(3%.%d+)/"}
    end
  end
end

-- Beside the interpreter of a virtual environment, or where Debian has it.
local function candidates(python)
  local list = {}
  local prefix = python:match "^(.*)/bin/[^/]+$" or "/usr"
  for _, root in ipairs {prefix, "/usr/local", "/usr"} do
    for name, stat in pairs(file.list(root, "lib") or {}) do
      if stat.kind == "directory" and name:match "^python3" then
        list[#list + 1] = ("%s/lib/%s/site-packages"):format(root, name)
        list[#list + 1] = ("%s/lib/%s/dist-packages"):format(root, name)
      end
    end
  end
  return list
end

local function sources(python)
  local texts = {}
  for _, directory in ipairs(candidates(python)) do
    for name, stat in pairs(file.list(directory, "synapse/config") or {}) do
      if stat.kind == "file" and name:match "%.py$" then
        texts[#texts + 1] = file.read(("%s/synapse/config/%s"):format(directory, name)) or ""
      end
    end
    if #texts > 0 then return table.concat(texts, "\n") end
  end
end

--- The names of the list that are options of the installed Synapse. nil if its source is not found. The source is only
--- read for names that our own list lacks.
---@param names string[]
---@param python string
---@return table<string, boolean>|nil
function installed.options(names, python)
  local unsure = synapse_options.unlisted(names)
  if #unsure == 0 then return {} end
  local text = sources(python)
  if not text then return nil end
  local quoted, found = {}, {}
  for word in text:gmatch "[\"']([^\"'\n]*)%f[\"']" do quoted[word] = true end
  for _, name in ipairs(unsure) do found[name] = quoted[name] end
  return found
end

local secrets_of = {} -- by interpreter: a command asks for each file that it shows

--- The options that the installed Synapse itself calls secrets: those that it refuses under --no-secrets-in-config.
--- Names tell most of them; this finds what a newer Synapse calls otherwise.
---@param python string
---@return table<string, boolean> by dotted path; empty where its source is not found
function installed.secrets(python)
  local found = secrets_of[python] or {}
  if secrets_of[python] then return found end
  secrets_of[python] = found
  for words in (sources(python) or ""):gmatch "in%-line secret[^\n\"']*[\"'],%s*%(([^()]*)%)" do
    local path = {}
    for word in words:gmatch "[\"']([^\"'\n]*)[\"']" do path[#path + 1] = word end
    local name = table.concat(path, ".")
    if not secret_options.is_public(path[#path]) then found[name] = true end
  end
  return found
end

return installed
