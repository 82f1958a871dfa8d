-- EDGE
-- Facts about the machine or container that synlua runs on.

local cgroup = require "input.cgroup"
local file = require "core.file"
local octal = require "lib.octal"
local service_user = require "input.service_user"
local store = require "input.store"
local system = require "core.system"
local tables = require "lib.tables"

local host = {}

---@class Host
---@field uid integer
---@field gid integer
---@field pid integer
---@field cpus integer that affinity and quota leave us
---@field memory? integer bytes that the machine and our control groups leave us
---@field open_files? integer how many files a process may have open at most
---@field ipv6 boolean
---@field resolvers string[] addresses of name servers
---@field users table<string, {uid: integer, gid: integer}>
---@field programs table<string, string> name -> absolute path
---@field postgres table<string, string> version -> directory of its programs
---@field capabilities? integer mask of those that we have
---@field named boolean whether our user id has a name
---@field name_library? string what gives it one
---@field libraries table<string, string> the same
---@field prometheus_volume boolean whether a file system is mounted at Prometheus's own directory
---@field addresses? OwnAddresses where coturn is asked for
---@field home string directory of lua/ and templates/

local function exists(path) return file.stat(path) ~= nil end

local EXECUTABLE = octal "0111"

local function find_program(name, path)
  for directory in (path or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):gmatch "[^:]+" do
    local stat = file.stat(directory .. "/" .. name)
    if stat and stat.kind == "file" and stat.mode & EXECUTABLE ~= 0 then return directory .. "/" .. name end
  end
end

-- In the directory of libraries, or in that of a platform such as x86_64-linux-gnu.
local function look_for_library(name)
  for _, directory in ipairs {"/usr/local/lib", "/usr/lib"} do
    for inner in tables.sorted(file.list(directory, "") or {}) do
      local path = inner == name and directory .. "/" .. name
        or inner:find("-linux-", 1, true) and ("%s/%s/%s"):format(directory, inner, name)
      if path and exists(path) then return path end
    end
  end
end

-- Where most machines have libraries: to list /usr/lib takes as long as a fiftieth of a short command.
local USUAL = {"/usr/local/lib/", "/usr/local/lib/x86_64-linux-gnu/", "/usr/local/lib/aarch64-linux-gnu/",
  "/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/"}

local function find_library(name)
  for _, directory in ipairs(USUAL) do
    if exists(directory .. name) then return directory .. name end
  end
  return look_for_library(name)
end

local PROGRAMS = {
  nginx = "nginx", redis = "redis-server", psql = "psql", prometheus = "prometheus", promtool = "promtool",
  redis_exporter = "prometheus-redis-exporter", postgres_exporter = "prometheus-postgres-exporter",
  coturn = "turnserver",
}

local PROMETHEUS = " /var/lib/prometheus "

-- Fields of a line: two numbers, the device, the root in it, the place.
local function is_mounted(mounts, place)
  for line in (mounts or ""):gmatch "[^\n]+" do
    if line:match "^%d+ %d+ %S+ %S+( %S+ )" == place then return true end
  end
  return false
end

--- Reads the facts.
---@param environment table<string, string>
---@param places Places
---@return Host
function host.read(environment, places)
  local found = system.identity()
  -- /proc/self is a link. A path without one takes root one call of the system.
  local function read(path) return (file.read((path:gsub("^/proc/self/", ("/proc/%d/"):format(found.pid))))) end
  local limits = cgroup.limits(read, found.cpus)
  found.home, found.cpus, found.memory = package.home, limits.cpus, limits.memory
  found.users, found.programs = service_user.of_packages(), {}
  -- sbin is not in every user's PATH, but that is where nginx is.
  for name, program in pairs(PROGRAMS) do
    found.programs[name] = find_program(program, environment.PATH) or find_program(program)
  end
  found.postgres = store.postgres_versions(places.postgres)
  found.capabilities = tonumber((read "/proc/self/status" or ""):match "CapEff:%s*(%x+)" or "", 16)
  found.open_files = tonumber((read "/proc/self/limits" or ""):match "Max open files%s+%w+%s+(%d+)" or "", 10)
  found.prometheus_volume = is_mounted(read "/proc/self/mountinfo", PROMETHEUS)
  found.named, found.name_library = store.user_name(found.uid)
  found.libraries = {jemalloc = find_library "libjemalloc.so.2"}
  found.resolvers = {}
  for line in (file.read "/etc/resolv.conf" or ""):gmatch "[^\n]+" do
    found.resolvers[#found.resolvers + 1] = line:match "^%s*nameserver%s+([%x.:]+)%s*$"
  end
  if environment.SYNAPSE_ENABLE_BUILTIN_COTURN or environment.SYNAPSE_ENABLE_BUILTIN_COTURN_FILE then
    found.addresses = require("lib.own_addresses").of(read)
  end
  found.ipv6 = (file.read("/proc/net/if_inet6") or "") ~= ""
  return found
end

--- Whether this is a container. A mount over /run hides Podman's mark there, so the variable `container`, which systemd
--- and others use, counts as well.
---@param environment table<string, string>
---@return boolean
function host.in_container(environment)
  return exists "/.dockerenv" or exists "/run/.containerenv" or environment.KUBERNETES_SERVICE_HOST ~= nil
    or (environment.container or "") ~= ""
end

return host
