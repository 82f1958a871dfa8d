-- EDGE
-- Stage 1: everything that comes from outside, read once: environment, the files it names, the admin's homeserver.yaml,
-- which keys exist, facts about the host, templates.

local appservices = require "input.appservices"
local cgroup = require "input.cgroup"
local document = require "lib.document"
local file = require "core.file"
local installed = require "input.installed_options"
local layers = require "input.yaml"
local log_config = require "input.log_config"
local manhole = require "plan.listeners.manhole"
local overrides = require "input.overrides"
local relative = require "input.relative_paths"
local schema = require "settings.schema"
local settings = require "settings"
local store = require "input.store"
local synapse = require "input.installed_synapse"
local system = require "core.system"
local tables = require "lib.tables"
local well_known = require "input.well_known"

local env = {}

local SECRET_MAX = 64 * 1024

---@class Input
---@field environment table<string, string>
---@field files table<string, {text?: string, error?: string}>
---@field container boolean
---@field homeserver_exists boolean
---@field homeserver? {path: string, document: table, info: table, beside?: Layer[]} beside: conf.d
---@field above? Layer[] homeserver.d and SYNAPSE_CONFIG__ variables
---@field known? table<string, boolean> options that the installed Synapse has and our list has not
---@field cwd? string directory from which relative paths go
---@field log_config? {path: string, document?: table} the admin's own
---@field well_known? {path: string, document: any}
---@field migrates? boolean the plan is that of moving SQLite's content; added by start.lua
---@field problems Problem[] of reading
---@field warnings Problem[]
---@field appservices Registration[]
---@field host Host
---@field keys table<string, boolean> names of the key files in the data directory
---@field manhole? string the password of manholes that is kept in the data directory
---@field store Store what the data directory holds
---@field synapse? Synapse what is installed, where that can be told
---@field worker_types table<string, WorkerType> added by start.lua
---@field templates table<string, {path: string, text: string}>
---@field programs table<string, string> those of synlua's own that others must be able to read

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
---@field libraries table<string, string> the same
---@field home string directory of lua/ and templates/

local function exists(path) return file.stat(path) ~= nil end

local function find_program(name, path)
  for directory in (path or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):gmatch "[^:]+" do
    local stat = file.stat(directory .. "/" .. name)
    if stat and stat.kind == "file" and stat.mode & 73 ~= 0 then return directory .. "/" .. name end
  end
end

local function find_library(name)
  for _, directory in ipairs {"/usr/local/lib", "/usr/lib"} do
    for inner in tables.sorted(file.list(directory, "") or {}) do
      local path = inner == name and directory .. "/" .. name or ("%s/%s/%s"):format(directory, inner, name)
      if exists(path) then return path end
    end
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
  host.libraries = {jemalloc = find_library "libjemalloc.so.2"}
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

local PYTHON = "SYNLUA_SYNAPSE_PYTHON"

local function python_of(environment)
  local given = environment[PYTHON]
  return given ~= "" and given or schema.owner[PYTHON].default
end

-- What of the world the merged document asks for.
local function add_facts(input, environment, data)
  local given = layers.merged(input) or document.map {}
  local names = {}
  for key in pairs(given) do names[#names + 1] = type(key) == "string" and key or nil end
  input.known = installed.options(names, python_of(environment))
  local path = layers.place(environment)
  local what
  input.cwd, what = relative.directory(relative.of(given), {data, path:match "^(.*)/", "/"}, exists)
  if what then
    input.problems[#input.problems + 1] = {where = path, what = what, hint = "write these paths with a / in front"}
  end
  input.log_config = log_config.read(given, environment, input.cwd or data)
end

local function read_keys(directory)
  local keys = {}
  for name, stat in pairs(file.list(directory, "") or {}) do
    if stat.kind == "file" and name:match "%.key$" then keys[name] = true end
  end
  return keys
end

local function add_appservices(input, environment, merged)
  local config = environment.SYNAPSE_CONFIG_DIR
  local problem
  input.appservices, problem = appservices.read(environment.SYNAPSE_AS_REGISTRATION_DIR,
    config and config ~= "" and config or "/data", merged)
  input.problems[#input.problems + 1] = problem
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

local function installed_synapse(environment)
  if environment[PYTHON .. "_FILE"] then return end
  return synapse.installed(python_of(environment))
end

--- Reads everything; changes nothing.
---@param variables? table<string, string> these go before the environment
---@return Input
function env.read(variables)
  local environment = system.environment()
  for name, value in pairs(variables or {}) do environment[name] = value end
  local input = {
    environment = environment, container = in_container(environment), homeserver_exists = false,
    problems = {}, warnings = {}, host = read_host(environment), files = read_files(environment),
  }
  layers.read(environment, input)
  input.well_known = well_known.read((layers.place(environment)), input)
  local data = environment.SYNAPSE_DATA_DIR ~= "" and environment.SYNAPSE_DATA_DIR or "/data"
  add_facts(input, environment, data)
  local merged = layers.merged(input)
  add_appservices(input, environment, merged)
  input.keys, input.store = read_keys(data), store.read(data, merged, input.cwd or data)
  input.manhole = (file.read_below(data, manhole.FILE, SECRET_MAX) or ""):match "^[^\n]+"
  input.synapse, input.templates = installed_synapse(environment), read_templates(input.host.home)
  input.programs = {["forkserver.py"] = assert(file.read(input.host.home .. "/core/process/forkserver.py"))}
  return input
end

return env
