-- Compares the variables that are set with the admin's layers, which overrule them. Most such variables then have no
-- effect, and one warning names them. A different server name or database is a problem.

local database = require "plan.database.choice"
local databases = require "input.database_sections"
local document = require "lib.document"
local amounts = require "settings.amounts"
local layers = require "input.layers"
local postgres = require "settings.postgres"
local schema = require "settings.schema"

local overruled = {}

local function check_name(view, plain, problems)
  local settings, name = view.settings, plain.server_name
  if name and settings.SYNAPSE_SERVER_NAME and settings.SYNAPSE_SERVER_NAME ~= name then
    problems[#problems + 1] = {where = "SYNAPSE_SERVER_NAME",
      what = ("is %s, but %s says %s"):format(settings.SYNAPSE_SERVER_NAME,
        layers.place(view.admin.layers, "server_name"), name),
      hint = "a server's name never changes; set the variable to that name, or unset it"}
  end
end

-- The arguments that are set in both and differ. Without a host, the library uses the local socket. For other missing
-- arguments it has defaults of its own.
local function other_arguments(view, args)
  local settings, found = view.settings, {}
  for _, argument in ipairs(postgres.ARGUMENTS) do
    local key, source = argument.name, argument.locates and settings.sources[argument.variable]
    local value = args[key]
    if key == "dbname" and value == nil then value = args.database end
    if key == "host" and value == nil then value = "" end
    if source and value ~= nil and tostring(value) ~= tostring(settings[argument.variable]) then
      found[#found + 1] = {source = source, option = "args." .. key}
    end
  end
  return found
end

-- The database that the admin names. An argument alone names none. Of several it is the one with the main data, which
-- variables would name.
local function own_database(view, plain)
  local said = databases.main(plain)
  local whole = said and (said.names_engine or said.path ~= "database")
  return (whole or view.admin.upheld and view.admin.upheld.database) and said or nil
end

local function check_database(view, plain, problems)
  local asked = postgres.asked_by(view.settings.sources)
  local said = own_database(view, plain)
  if not asked or not said then return end
  local hint = "set the variable to what is said there, or unset it"
  local place = layers.place(view.admin.layers, said.path:match "^[^.]+")
  if said.engine ~= "psycopg2" then
    if view.input.migrates or database.was_moved(view, view.input.store) then return end
    problems[#problems + 1] = {where = asked, hint = "unset it; or move the content there: synlua migrate-database",
      what = ("asks for PostgreSQL, but %s says SQLite"):format(place)}
    return
  end
  for _, other in ipairs(other_arguments(view, said.args)) do
    problems[#problems + 1] = {where = other.source, hint = hint,
      what = ("differs from %s.%s of %s"):format(said.path, other.option, place)}
  end
end

-- The meaning of a value, by the kind of its variable.
local function meaning(entry, value)
  if type(value) ~= "string" then return value end
  if entry.kind == "size" then return amounts.bytes(value) or value end
  if entry.kind == "duration" then return amounts.milliseconds(value) or value end
  if entry.kind == "url" then return (value:gsub("/$", "")) end
  return value
end

local function overrules(view, plain, entry)
  local source = view.settings.sources[entry.name]
  if not source or not entry.option or entry.name == "SYNAPSE_SERVER_NAME" then return end
  local said = document.get(plain, entry.option)
  if said == nil or document.equal(meaning(entry, view.settings[entry.name]), meaning(entry, said)) then return end
  return source, layers.place(view.admin.layers, entry.option:match "^[^.]+")
end

local function check_rest(view, plain, warnings)
  local settings, names, places, seen = view.settings, {}, {}, {}
  local function add(name, place)
    if not name then return end
    names[#names + 1] = name
    if not seen[place] then places[#places + 1] = place end
    seen[place] = true
  end
  for _, entry in ipairs(schema.entries) do add(overrules(view, plain, entry)) end
  local port = view.listeners.said_port
  if port and port ~= settings.SYNAPSE_HTTP_PORT then
    add(settings.sources.SYNAPSE_HTTP_PORT, layers.place(view.admin.layers, "listeners"))
  end
  if settings.SYNAPSE_EMAIL and view.admin.upheld and view.admin.upheld.email ~= nil then
    add(settings.sources.SYNAPSE_EMAIL, layers.place(view.admin.layers, "email"))
  end
  if #names == 0 then return end
  warnings[#warnings + 1] = {where = table.concat(names, ", "),
    what = ("not used: %s say%s something else"):format(table.concat(places, ", "), #places == 1 and "s" or ""),
    hint = "take the option out there to have the variable act, or unset the variable"}
end

--- Adds a problem or a warning for each difference.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
function overruled.check(view, problems, warnings)
  if not view.admin.document then return end
  local plain = document.plain(view.admin.document)
  check_name(view, plain, problems)
  check_database(view, plain, problems)
  check_rest(view, plain, warnings)
end

return overruled
