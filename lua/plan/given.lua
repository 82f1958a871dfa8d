-- What the admin's homeserver.yaml must be for synlua to read it, and where it differs from variables.

local document = require "document"
local tables = require "tables"

local given = {}

local function wrong_type(context, key, wanted)
  local lines = context.info and context.info.lines or {}
  local value = context.homeserver[key]
  local line = type(value) == "table" and (lines[value] or value.line)
  return {
    where = context.paths.homeserver .. (line and ":" .. line or ""), what = ("%s must be %s"):format(key, wanted),
    hint = "mend the file; synlua never changes it",
  }
end

-- Kinds of the options that synlua itself reads.
local READ = {
  server_name = {"string", "a name"}, listeners = {"seq", "a list"}, database = {"map", "a mapping"},
  log_config = {"string", "a path"}, redis = {"map", "a mapping"}, stream_writers = {"map", "a mapping"},
  instance_map = {"map", "a mapping"},
}

--- Problems of its shape.
---@param context table of plan.make
---@param problems Problem[]
function given.check(context, problems)
  if document.kind(context.homeserver) ~= "map" then
    problems[#problems + 1] = {where = context.paths.homeserver .. ":1", what = "must be a mapping of options",
      hint = "mend the file; synlua never changes it"}
    return
  end
  local plain = document.plain(context.homeserver)
  for key, wanted in tables.sorted(READ) do
    local kind = document.kind(context.homeserver[key])
    if kind == "scalar" then kind = type(plain[key]) end
    if kind ~= wanted[1] and kind ~= "nil" then problems[#problems + 1] = wrong_type(context, key, wanted[2]) end
  end
  if plain.server_name == nil and not context.settings.SYNAPSE_SERVER_NAME then
    problems[#problems + 1] = {where = context.paths.homeserver, what = "has no server_name",
      hint = "add it, or set SYNAPSE_SERVER_NAME"}
  end
end

--- Where variables say something else.
---@param context table of plan.make
---@param problems Problem[]
---@param warnings Problem[]
function given.differences(context, problems, warnings)
  local settings = context.settings
  local name = document.plain(context.homeserver).server_name
  if name and settings.SYNAPSE_SERVER_NAME and settings.SYNAPSE_SERVER_NAME ~= name then
    problems[#problems + 1] = {where = "SYNAPSE_SERVER_NAME",
      what = ("is %s, but %s says %s"):format(settings.SYNAPSE_SERVER_NAME, context.paths.homeserver, name),
      hint = "a server's name never changes; set the variable to that name, or unset it"}
  end
  local port = context.divided.port
  if port and settings.sources.SYNAPSE_HTTP_PORT and port ~= settings.SYNAPSE_HTTP_PORT then
    warnings[#warnings + 1] = {where = "SYNAPSE_HTTP_PORT",
      what = ("is not used: the client listener of %s says %d"):format(context.paths.homeserver, port)}
  end
end

return given
