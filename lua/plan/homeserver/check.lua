-- Checks that the admin's files have the form that synlua needs.

local address = require "settings.address"
local config_variables = require "input.config_variables"
local database_sections = require "input.database_sections"
local document = require "lib.document"
local layers = require "input.layers"
local tables = require "lib.tables"
local text = require "lib.text"

local check = {}

local function wrong_type(admin, key, wanted)
  return {where = layers.place(admin.layers, key), what = ("%s must be %s"):format(key, wanted),
    hint = "mend it there; synlua changes nothing of yours"}
end

-- Kinds of the options that synlua itself reads.
local READ = {
  server_name = {"string", "a name"}, listeners = {"seq", "a list"}, database = {"map", "a mapping"},
  log_config = {"string", "a path"}, redis = {"map", "a mapping"}, stream_writers = {"map", "a mapping"},
  instance_map = {"map", "a mapping"}, signing_key_path = {"string", "a path"},
}

--- Problems of files that are no mapping.
---@param input Input
---@param problems Problem[]
function check.shape(input, problems)
  for _, layer in ipairs((layers.of(input))) do
    if document.kind(layer.document) ~= "map" then
      problems[#problems + 1] = {where = layer.name .. ":1", what = "must be a mapping of options",
        hint = "mend the file; synlua never changes it"}
    end
  end
end

local function check_name(admin, name, problems)
  local _, what, hint = address.server_name(type(name) == "string" and name or "localhost")
  if what then
    problems[#problems + 1] = {where = layers.place(admin.layers, "server_name"),
      what = ("server_name %s %s"):format(text.shown(name), what), hint = hint}
  end
end

local function check_databases(admin, plain, problems)
  local one = database_sections.all {database = plain.database, database_path = plain.database_path}
  if #one > 0 and #database_sections.all {databases = plain.databases} > 0 then
    problems[#problems + 1] = {where = layers.place(admin.layers, "databases"),
      what = ("databases cannot be used together with %s"):format(one[1].path), hint = "keep one of the two"}
  end
end

--- Problems of options that synlua itself reads.
---@param admin AdminConfig
---@param view View
---@param problems Problem[]
function check.options(admin, view, problems)
  for at, layer in ipairs(admin.layers) do
    if layer.variables then
      local below = layers.merged({table.unpack(admin.layers, 1, at - 1)}, math.min(admin.plain_files, at - 1))
      for _, problem in ipairs(config_variables.items(layer, below)) do problems[#problems + 1] = problem end
    end
  end
  local plain = document.plain(admin.document)
  for key, wanted in tables.sorted(READ) do
    local kind = document.kind(admin.document[key])
    if kind == "scalar" then kind = type(plain[key]) end
    if kind ~= wanted[1] and kind ~= "nil" then problems[#problems + 1] = wrong_type(admin, key, wanted[2]) end
  end
  check_databases(admin, plain, problems)
  check_name(admin, plain.server_name, problems)
  if plain.server_name == nil and not view.settings.SYNAPSE_SERVER_NAME then
    problems[#problems + 1] = {where = view.paths.homeserver, what = "has no server_name",
      hint = "add it, or set SYNAPSE_SERVER_NAME"}
  end
end

return check
