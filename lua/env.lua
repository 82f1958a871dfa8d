-- EDGE
-- Stage 1: everything that comes from outside, read once: environment, the files it names, the admin's homeserver.yaml,
-- which keys exist, facts about the host, templates.

local cgroup = require "cgroup"
local file = require "core.file"
local overrides = require "overrides"
local schema = require "settings.schema"
local settings = require "settings"
local store = require "env.store"
local synapse = require "env.synapse"
local system = require "core.system"
local tables = require "tables"
local well_known = require "plan.well_known"
local yaml = require "core.yaml"

local env = {}

local HOMESERVER_MAX = 8 * 1024 * 1024
local SECRET_MAX = 64 * 1024

---@class Input
---@field environment table<string, string>
---@field files table<string, {text?: string, error?: string}>
---@field container boolean
---@field homeserver_exists boolean
---@field homeserver? {path: string, document: table, info: table}
---@field well_known? {path: string, document: any}
---@field problems Problem[] of reading
---@field warnings Problem[]
---@field appservices? string[] registration files below SYNAPSE_AS_REGISTRATION_DIR
---@field host Host
---@field keys table<string, boolean> names of the key files in the data directory
---@field store Store what the data directory holds
---@field synapse? Synapse what is installed, where that can be told
---@field worker_types table<string, WorkerType> added by start.lua
---@field templates table<string, {path: string, text: string}>

---@class Host
---@field uid integer
---@field gid integer
---@field pid integer
---@field cpus integer that affinity and quota leave us
---@field memory? integer bytes that the machine and our control groups leave us
---@field ipv6 boolean
---@field users table<string, {uid: integer, gid: integer}>
---@field programs table<string, string> name -> absolute path
---@field postgres table<string, string> version -> directory of its programs
---@field named boolean whether our user id has a name
---@field name_library? string what gives it one
---@field home string directory of lua/ and templates/

local function exists(path) return file.stat(path) ~= nil end

local function find_program(name, path)
  for directory in (path or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):gmatch "[^:]+" do
    local stat = file.stat(directory .. "/" .. name)
    if stat and stat.kind == "file" and stat.mode & 73 ~= 0 then return directory .. "/" .. name end
  end
end

local function read_host(environment)
  local host = system.identity()
  local limits = cgroup.limits(function(path) return (file.read(path)) end, host.cpus)
  host.home, host.cpus, host.memory = package.home, limits.cpus, limits.memory
  host.users, host.programs = {}, {}
  for _, name in ipairs {"www-data", "redis", "postgres"} do
    local uid, gid = system.user(name)
    if uid then host.users[name] = {uid = uid, gid = gid} end
  end
  -- sbin is not in every user's PATH, but that is where nginx is.
  host.programs.nginx = find_program("nginx", environment.PATH) or find_program "nginx"
  host.programs.redis = find_program("redis-server", environment.PATH) or find_program "redis-server"
  host.programs.psql = find_program("psql", environment.PATH) or find_program "psql"
  host.postgres = store.postgres_versions()
  host.named, host.name_library = store.user_name(host.uid)
  host.ipv6 = (file.read("/proc/net/if_inet6") or "") ~= ""
  return host
end

-- Podman's mark is gone where something is mounted over /run; the variable is what systemd and others agreed upon.
local function in_container(environment)
  return exists "/.dockerenv" or exists "/run/.containerenv" or environment.KUBERNETES_SERVICE_HOST ~= nil
    or (environment.container or "") ~= ""
end

local function read_files(environment)
  local files = {}
  for _, path in tables.sorted(settings.file_variables(environment)) do
    local text, why = file.read(path, SECRET_MAX)
    files[path] = text and {text = text} or {error = ("%s (as uid %d)"):format(why, system.identity().uid)}
  end
  return files
end

local function homeserver_path(environment)
  local function given(name)
    local value = environment[name]
    return value ~= "" and value or nil
  end
  return given "SYNAPSE_CONFIG_PATH" or (given "SYNAPSE_CONFIG_DIR" or "/data") .. "/homeserver.yaml"
end

-- "PATH:3:5: what" of the decoder as a problem.
local function yaml_problem(message, hint)
  local where, what = message:match "^(.-:%d+:%d+): (.*)$"
  return {where = where or "homeserver.yaml", what = what or message, hint = hint
    or "mend the file; synlua never changes it. An absent file is made anew from the environment"}
end

local function read_well_known(directory, input)
  local path = directory .. "/" .. well_known.FILE
  local text, why, name = file.read(path, HOMESERVER_MAX)
  local document, fault
  if text then
    document, fault = yaml.decode(text, {name = path})
    fault = not document and yaml_problem(fault, "mend the file; synlua never changes it")
  elseif name ~= "ENOENT" then
    fault = {where = path, what = why, hint = ("make it readable for uid %d"):format(input.host.uid)}
  end
  input.problems[#input.problems + 1] = fault or nil
  input.well_known = document and {path = path, document = document}
end

local function read_homeserver(path, input)
  local text, why, name = file.read(path, HOMESERVER_MAX)
  if not text then
    if name == "ENOENT" then return end
    input.homeserver_exists = true
    input.problems[1] = {where = path, what = why, hint = ("make it readable for uid %d"):format(input.host.uid)}
    return
  end
  input.homeserver_exists = true
  local document, info = yaml.decode(text, {name = path, duplicates = "warn"})
  if not document then
    input.problems[1] = yaml_problem(info)
    return
  end
  for _, warning in ipairs(info.warnings) do
    input.warnings[#input.warnings + 1] = {where = ("%s:%d"):format(path, warning.line), what = warning.what}
  end
  input.homeserver = {path = path, document = document, info = info}
end

local function read_keys(directory)
  local keys = {}
  for name, stat in pairs(file.list(directory, "") or {}) do
    if stat.kind == "file" and name:match "%.key$" then keys[name] = true end
  end
  return keys
end

-- Registration files of application services, by path; nil when the directory cannot be read.
local function read_appservices(directory)
  local entries, why = file.list(directory, "")
  if not entries then return nil, why end
  local paths = {}
  for name, stat in tables.sorted(entries) do
    if stat.kind ~= "directory" and name:lower():match "%.ya?ml$" then paths[#paths + 1] = directory .. "/" .. name end
  end
  return paths
end

local function add_appservices(input, directory)
  if not directory or directory == "" then return end
  local paths, why = read_appservices(directory)
  input.appservices = paths
  if paths then return end
  input.problems[#input.problems + 1] = {where = "SYNAPSE_AS_REGISTRATION_DIR", what = why,
    hint = "make that directory, or unset the variable"}
end

local function read_templates(home)
  local templates = {}
  for name, stat in pairs(assert(file.list(home, "templates"))) do
    if stat.kind == "file" then
      local path = home .. "/templates/" .. name
      templates[name] = {path = path, text = assert(file.read(path))}
    end
  end
  for name, found in overrides.under "templates" do templates[name] = found end
  return templates
end

local PYTHON = "SYNLUA_SYNAPSE_PYTHON"

local function installed_synapse(environment)
  if environment[PYTHON .. "_FILE"] then return end
  local given = environment[PYTHON]
  return synapse.installed(given and given ~= "" and given or schema.owner[PYTHON].default)
end

--- Reads everything; changes nothing.
---@return Input
function env.read()
  local environment = system.environment()
  local input = {
    environment = environment, container = in_container(environment), homeserver_exists = false,
    problems = {}, warnings = {}, host = read_host(environment), files = read_files(environment),
  }
  read_homeserver(homeserver_path(environment), input)
  read_well_known(homeserver_path(environment):match "^(.*)/" or "", input)
  add_appservices(input, environment.SYNAPSE_AS_REGISTRATION_DIR)
  local data = environment.SYNAPSE_DATA_DIR ~= "" and environment.SYNAPSE_DATA_DIR or "/data"
  input.keys, input.store = read_keys(data), store.read(data, input.homeserver)
  input.synapse, input.templates = installed_synapse(environment), read_templates(input.host.home)
  return input
end

return env
