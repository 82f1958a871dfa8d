-- EDGE
-- Reads the admin's YAML: homeserver.yaml, conf.d beside it, homeserver.d, SYNAPSE_CONFIG__ variables.

local config_variables = require "input.config_variables"
local document = require "lib.document"
local environment = require "input.environment"
local file = require "core.file"
local layers = require "input.layers"
local system = require "core.system"
local tables = require "lib.tables"
local unreadable = require "input.unreadable"
local words = require "lib.text"
local yaml = require "lib.yaml"

local read = {}

local FILE_MAX, SECRET_MAX = 8 * 1024 * 1024, 64 * 1024

-- Makes a problem of the decoder's message "PATH:3:5: what".
local function yaml_problem(message, hint)
  local where, what = message:match "^(.-:%d+:%d+): (.*)$"
  return {where = where or "homeserver.yaml", what = what or message, hint = hint}
end

--- The layer of one file. nil if there is no such file or it has a problem.
---@param path string
---@param input Input gets problems and warnings
---@param hint string
---@param may_be_empty? boolean a file that says nothing is left out, as Synapse does it
---@return Layer|nil
---@return boolean? absent
function read.file(path, input, hint, may_be_empty)
  local text, why, name = input.reader.read(path, FILE_MAX)
  if not text then
    if name == "ENOENT" then return nil, true end
    input.problems[#input.problems + 1] = {where = path, what = why,
      hint = unreadable.hint(name, ("make it readable for uid %d"):format(input.reader.uid))}
    return
  end
  local decoded, info = yaml.decode(text, {name = path, duplicates = "warn"})
  if not decoded and may_be_empty and info:find(":1:1: the file is empty", #path, true) then return end
  if not decoded then
    input.problems[#input.problems + 1] = yaml_problem(info, hint)
    return
  end
  for _, warning in ipairs(info.warnings) do
    input.warnings[#input.warnings + 1] = {where = ("%s:%d"):format(path, warning.line), what = warning.what}
  end
  return {name = path, path = path, text = text, document = decoded, info = info}
end

-- All *.yaml of a directory in the order of names, as Synapse reads them.
local function read_directory(directory, input)
  local list = {}
  local entries, why, errno = input.reader.list(directory)
  if not entries and errno ~= "ENOENT" then
    input.problems[#input.problems + 1] = {where = directory, what = why,
      hint = ("make it a directory that uid %d can read, or remove it"):format(input.reader.uid)}
  end
  for name, stat in tables.sorted(entries or {}) do
    local path = directory .. "/" .. name
    if stat.kind ~= "directory" and name:match "%.yaml$" then
      list[#list + 1] = read.file(path, input, "mend the file", true)
    elseif stat.kind ~= "directory" and name:match "%.yml$" then
      input.warnings[#input.warnings + 1] = {where = path, what = "is not read", hint = "let its name end in .yaml"}
    end
  end
  return list
end

-- The text of a file that NAME_FILE names, by the same rules as for other variables.
local function text_of_file(name, path, problems)
  if path:sub(1, 1) ~= "/" then
    problems[#problems + 1] = {where = name, hint = "begin it with /",
      what = ("must be the absolute path of a file (value: %s)"):format(words.shown(path))}
    return
  end
  local text, why, errno = file.read(path, SECRET_MAX)
  if text then return environment.content(text) end
  problems[#problems + 1] = {where = name,
    what = ("names a file that cannot be read: %s (as uid %d)"):format(why, system.identity().uid),
    hint = unreadable.hint(errno, "make it readable for that user, or unset " .. name)}
end

-- The text of each variable. That of NAME_FILE comes from the file.
local function variable_texts(input)
  local texts = {}
  for name, value in pairs(input.environment) do
    if name:sub(1, #layers.PREFIX) == layers.PREFIX and value ~= "" then
      local stem = name:match "^(.+)_FILE$"
      if not stem then
        texts[name] = {key = name, text = value}
      else
        local text = text_of_file(name, value, input.problems)
        if text then texts[name] = {key = stem, text = text, hidden = true} end
      end
    end
  end
  return texts
end

-- The parser's own message is left out, because it may contain a part of the value.
local function decode(name, text)
  local value, info = yaml.decode(text, {name = "v"})
  if value ~= nil then return value end
  local line, column = tostring(info):match "^v:(%d+):(%d+)"
  return nil, {where = name, what = line and ("is not YAML (line %s, column %s)"):format(line, column) or "is not YAML",
    hint = "write the value as in homeserver.yaml; in quotes where it has : # { [ or begins with @ & * ! %"}
end

local function read_variables(input)
  local items = {}
  for name, item in tables.sorted(variable_texts(input)) do
    local value, problem = decode(name, item.text)
    if problem then
      input.problems[#input.problems + 1] = problem
    else
      items[#items + 1] = {name = name, key = item.key, value = value, hidden = item.hidden}
    end
  end
  local layer, problems = config_variables.layer(items)
  table.move(problems, 1, #problems, #input.problems + 1, input.problems)
  return layer
end

--- Adds homeserver_exists, homeserver and above to the input.
---@param input Input
function read.read(input)
  local path = input.places.homeserver
  local given, absent = read.file(path, input,
    "mend the file; synlua never changes it. An absent file is made anew from the environment")
  input.homeserver_exists = not absent
  input.homeserver = given
  if given then given.beside = read_directory(path:match "^(.*)/" .. "/conf.d", input) end
  input.above = read_directory(input.places.config .. "/homeserver.d", input)
  input.above[#input.above + 1] = read_variables(input)
end

--- The document of all layers. nil if there is none, or if one of them has an error.
---@param input Input
---@return table|nil
function read.merged(input)
  local list, plain = layers.of(input)
  for _, layer in ipairs(list) do
    if document.kind(layer.document) ~= "map" then return nil end
  end
  return layers.merged(list, plain)
end

return read
