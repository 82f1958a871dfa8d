-- The small files that synlua keeps beside the data: their names and how they are read. Stage 1 reads them, and the
-- plan decides their new content.

local records = {}

-- In the data directory.
records.DATABASE = ".synlua.database" -- the database that an earlier start chose
records.OWNERS = ".synlua.owners" -- which owners synlua has already set
records.SYNAPSE = ".synlua.synapse" -- the Synapse that ran last
records.CHECKED = ".synlua.checked" -- the configuration that Synapse's own parser found good
records.TRIED = ".synlua.tried" -- the files that nginx itself found good
records.JOBS = ".synlua.jobs" -- the last runs of jobs
records.NGINX = ".synlua.nginx" -- a directory for requests and answers that do not fit into nginx's memory
records.TEMPORARY = ".synlua.tmp" -- a directory: uploads while they come, and what else Synapse keeps for a moment
records.RESTORING = ".synlua.restoring" -- a restore was begun, and what is there may be a part of it
records.RESTORED = "restored" -- a directory: files of a backup that lay outside of this directory
records.SERVICES = "services" -- a directory: what the services of the user directory keep, each in one of its name
records.MANHOLE = "manhole.key" -- the password of manholes
records.TURN = "turn.key" -- the secret of the built-in coturn, which Synapse reads
records.METRICS = "metrics.token" -- what clients of the metrics address must say

-- What begins the name of a job's process, of its lines and of its own paths.
records.JOB = "job."

-- A mark beside a new signing key that no database has confirmed yet. It lies beside the key, so that one cannot be
-- lost without the other.
records.NEW_KEY = ".synlua.new-key"

-- A file of the admin's beside homeserver.yaml.
records.WELL_KNOWN = "well-known.yaml"

-- The name of each kind of database in messages.
records.DATABASES = {
  sqlite = "the SQLite file", builtin = "the built-in PostgreSQL", outside = "a PostgreSQL server outside",
}

--- Reads the record of the database.
---@param text string
---@return string? kind
---@return string? moving kind of the database to which a move was begun
---@return string? moved path of the SQLite file whose content was moved
function records.database(text)
  local kind, rest = text:match "\n(%a+)\n(.*)"
  if not records.DATABASES[kind] then return end
  local moving = rest:match "^moving to (%a+)\n"
  return kind, records.DATABASES[moving] and moving, rest:match "^moved from ([^\n]+)\n"
end

---@class UpgradeRecord
---@field version string the Synapse that ran last
---@field newest string the one that made the schema
---@field schema integer
---@field compat integer
---@field server? string its name

--- Reads the record of Synapse. nil if it cannot be read.
---@param text string|nil
---@return UpgradeRecord|nil
function records.synapse(text)
  local found = {}
  for key, value in (text or ""):gmatch "([%a]+) ([%w.+]+)\n" do found[key] = value end
  local record = {version = found.version, newest = found.newest, schema = math.tointeger(tonumber(found.schema)),
    compat = math.tointeger(tonumber(found.compat))}
  record.server = (text or ""):match "\nserver ([^\n]+)\n"
  return record.version and record.newest and record.schema and record.compat and record or nil
end

---@class CheckedRecord
---@field key string of the question
---@field paths {kind: string, stamp: string, path: string}[] what else the answer depends on

--- What the record of the parser says; nil where there is none.
---@param text string|nil
---@return CheckedRecord|nil
function records.checked(text)
  local key = (text or ""):match "\nkey (%S+)\n"
  if not key then return end
  local paths = {}
  for kind, stamp, path in text:gmatch "\n(%l+) (%S+) (/[^\n]*)" do
    paths[#paths + 1] = {kind = kind, stamp = stamp, path = path}
  end
  return {key = key, paths = paths}
end

--- The text of such a record.
---@param key string
---@param paths {kind: string, stamp: string, path: string}[]
---@return string
function records.checked_text(key, paths)
  local lines = {"# What Synapse's own parser accepted last. Remove this file to have it asked again.",
    "key " .. key}
  for _, entry in ipairs(paths) do lines[#lines + 1] = ("%s %s %s"):format(entry.kind, entry.stamp, entry.path) end
  return table.concat(lines, "\n") .. "\n"
end

--- Where a service or a job of the user directory keeps what is its own.
---@param data string the data directory
---@param name string
---@return string
function records.state(data, name) return ("%s/%s/%s"):format(data, records.SERVICES, name) end

return records
