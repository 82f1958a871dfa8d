-- The state compressor: rewrites how Synapse's state groups are stored, so that they need fewer rows. It is the package
-- synapse_auto_compressor, called by a program for Synapse's interpreter.

local databases = require "input.database_sections"
local records = require "lib.records"
local tables = require "lib.tables"

local SWITCH = "SYNAPSE_ENABLE_COMPRESSOR"
local SCRIPT, OPTIONS = "compress_state.py", "database.yaml"
local VARIABLES = {"SYNAPSE_COMPRESSOR_CHUNKS", "SYNAPSE_COMPRESSOR_CHUNK_SIZE", "SYNAPSE_COMPRESSOR_LEVELS",
  "SYNAPSE_COMPRESSOR_SCHEDULE"}
local HOURS = 6

-- The database that has the state groups. Where Synapse's data are in several, the one of the store "state".
local function section_of(view)
  for _, section in ipairs(databases.all(view.homeserver.options)) do
    if section.state then return section end
  end
end

-- Warnings of the other variables, where it is off.
local function idle(view)
  local list = {}
  for _, name in ipairs(VARIABLES) do
    local where = view.settings.sources[name]
    list[#list + 1] = where and {where = where, what = ("has no effect without %s"):format(SWITCH),
      hint = ("set %s=yes, or unset it"):format(SWITCH)} or nil
  end
  return list
end

-- The arguments of libpq; those of Synapse's pool begin with cp_.
local function arguments_of(section)
  local made = {}
  for name, value in tables.sorted(section.args) do
    if not tostring(name):find "^cp_" then
      made[tostring(name)] = type(value) == "table" and tostring(value) or value
    end
  end
  return made
end

return {
  api = 2,
  doc = "Compresses Synapse's state groups in PostgreSQL.",
  schedule = function(view) return view.settings.SYNAPSE_COMPRESSOR_SCHEDULE end,
  enabled = function(view)
    if not view.settings[SWITCH] then return false, SWITCH .. " is not set", idle(view) end
    local section = section_of(view)
    if section and section.engine == "psycopg2" then return true end
    local where = view.settings.sources[SWITCH] or SWITCH
    return false, "the database is SQLite", {{where = where,
      what = "has no effect: the database is SQLite, and the state compressor works on PostgreSQL alone",
      hint = "unset it, or move the database: synlua migrate-database"}}
  end,
  argv = function(view)
    local settings, own = view.settings, view.paths.runtime .. "/own/" .. records.JOB .. "compressor/"
    return {settings.SYNLUA_SYNAPSE_PYTHON, "-I", own .. SCRIPT, own .. OPTIONS,
      tostring(settings.SYNAPSE_COMPRESSOR_CHUNK_SIZE), tostring(settings.SYNAPSE_COMPRESSOR_CHUNKS),
      settings.SYNAPSE_COMPRESSOR_LEVELS}
  end,
  files = function(view, make)
    return {{path = SCRIPT, text = (make.text(SCRIPT))},
      {path = OPTIONS, text = make.yaml(arguments_of(section_of(view))), secret = true}}
  end,
  limit_s = HOURS * 3600, nice = 15, ionice = "idle",
}
