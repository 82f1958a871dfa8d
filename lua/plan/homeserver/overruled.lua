-- Where set variables say something else than the admin's layers, which go over them. Most variables have no effect
-- then, which one warning tells; a server's name and its database are no matter of taste.

local database = require "plan.database.choice"
local databases = require "input.database_sections"
local document = require "lib.document"
local kinds = require "settings.kinds"
local layers = require "input.layers"
local schema = require "settings.schema"
local tables = require "lib.tables"

local differences = {}

local function check_name(context, plain, problems)
  local settings, name = context.settings, plain.server_name
  if name and settings.SYNAPSE_SERVER_NAME and settings.SYNAPSE_SERVER_NAME ~= name then
    problems[#problems + 1] = {where = "SYNAPSE_SERVER_NAME",
      what = ("is %s, but %s says %s"):format(settings.SYNAPSE_SERVER_NAME,
        layers.place(context.layers, "server_name"), name),
      hint = "a server's name never changes; set the variable to that name, or unset it"}
  end
end

local ARGUMENTS = {
  host = "POSTGRES_HOST", port = "POSTGRES_PORT", user = "POSTGRES_USER", dbname = "POSTGRES_DB",
  password = "POSTGRES_PASSWORD",
}

-- Arguments that are said and differ. No host is the local socket; for the others the library has its own ways.
local function other_arguments(context, args)
  local settings, found = context.settings, {}
  for key, variable in tables.sorted(ARGUMENTS) do
    local source, value = settings.sources[variable], args[key]
    if key == "dbname" and value == nil then value = args.database end
    if key == "host" and value == nil then value = "" end
    if source and value ~= nil and tostring(value) ~= tostring(settings[variable]) then
      found[#found + 1] = {source = source, option = "args." .. key}
    end
  end
  return found
end

-- The database that the admin names; an argument of one alone names none. Of several it is the one with the main data,
-- which is what variables would name.
local function own_database(context, plain)
  local said = databases.main(plain)
  local whole = said and (said.names_engine or said.path ~= "database")
  return (whole or context.file and context.file.database) and said or nil
end

local function check_database(context, plain, problems)
  local sources = context.settings.sources
  local asked = sources.POSTGRES_HOST or sources.POSTGRES_PASSWORD
  local said = own_database(context, plain)
  if not asked or not said then return end
  local hint = "set the variable to what is said there, or unset it"
  local place = layers.place(context.layers, said.path:match "^[^.]+")
  if said.engine ~= "psycopg2" then
    if context.migrates or database.was_moved(context, context.store) then return end
    problems[#problems + 1] = {where = asked, hint = "unset it; or move the content there: synlua migrate-database",
      what = ("asks for PostgreSQL, but %s says SQLite"):format(place)}
    return
  end
  for _, other in ipairs(other_arguments(context, said.args)) do
    problems[#problems + 1] = {where = other.source, hint = hint,
      what = ("differs from %s.%s of %s"):format(said.path, other.option, place)}
  end
end

-- One value of a variable's kind as what it means.
local function meaning(entry, value)
  if type(value) ~= "string" then return value end
  if entry.kind == "size" then return kinds.bytes(value) or value end
  if entry.kind == "duration" then return kinds.milliseconds(value) or value end
  if entry.kind == "url" then return (value:gsub("/$", "")) end
  return value
end

local function overruled(context, plain, entry)
  local source = context.settings.sources[entry.name]
  if not source or not entry.option or entry.name == "SYNAPSE_SERVER_NAME" then return end
  local said = document.get(plain, entry.option)
  if said == nil or document.equal(meaning(entry, context.settings[entry.name]), meaning(entry, said)) then return end
  return source, layers.place(context.layers, entry.option:match "^[^.]+")
end

local function check_rest(context, plain, warnings)
  local settings, names, places, seen = context.settings, {}, {}, {}
  local function add(name, place)
    if not name then return end
    names[#names + 1] = name
    if not seen[place] then places[#places + 1] = place end
    seen[place] = true
  end
  for _, entry in ipairs(schema.entries) do add(overruled(context, plain, entry)) end
  local port = context.divided.port
  if port and port ~= settings.SYNAPSE_HTTP_PORT then
    add(settings.sources.SYNAPSE_HTTP_PORT, layers.place(context.layers, "listeners"))
  end
  if settings.SYNAPSE_EMAIL and context.file and context.file.email ~= nil then
    add(settings.sources.SYNAPSE_EMAIL, layers.place(context.layers, "email"))
  end
  if #names == 0 then return end
  warnings[#warnings + 1] = {where = table.concat(names, ", "),
    what = ("not used: %s say%s something else"):format(table.concat(places, ", "), #places == 1 and "s" or ""),
    hint = "take the option out there to have the variable act, or unset the variable"}
end

--- What differs.
---@param context table of plan.make
---@param problems Problem[]
---@param warnings Problem[]
function differences.check(context, problems, warnings)
  local plain = document.plain(context.homeserver)
  check_name(context, plain, problems)
  check_database(context, plain, problems)
  check_rest(context, plain, warnings)
end

return differences
