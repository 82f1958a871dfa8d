-- The processors and the memory that the control groups above us allow. Pure: it reads files through `read`.

local cgroup = {}

local UNLIMITED = 1 << 60 -- version 1 writes about 2^63 if there is no limit

-- The directory of the mount and of our group below it, for a version 1 controller or, with nil, for version 2.
local function mount_of(mounts, controller)
  for line in (mounts or ""):gmatch "[^\n]+" do
    local root, at, kind, options = line:match "^%d+ %d+ %S+ (%S+) (%S+) .- %- (%S+) %S+ ?(.*)$"
    local v2 = not controller and kind == "cgroup2"
    local v1 = controller and kind == "cgroup" and ("," .. options .. ","):find("," .. controller .. ",", 1, true)
    if v2 or v1 then return at, root end
  end
end

local function path_of(groups, controller)
  for line in (groups or ""):gmatch "[^\n]+" do
    local id, controllers, path = line:match "^(%d+):([^:]*):(.*)$"
    if controller and ("," .. (controllers or "") .. ","):find("," .. controller .. ",", 1, true) then return path end
    if not controller and id == "0" and controllers == "" then return path end
  end
end

-- All groups from our own up to the mount, because each of them limits us. A container often sees its group at the
-- mount itself, with a path of the host.
local function directories(mounts, groups, controller)
  local at, root = mount_of(mounts, controller)
  local path = path_of(groups, controller)
  if not at or not path then return {} end
  if root ~= "/" and (path .. "/"):sub(1, #root + 1) == root .. "/" then path = path:sub(#root + 1) end
  path = path:gsub("/+$", "")
  local found = {}
  while path ~= "" do
    if not (path .. "/"):find("/../", 1, true) then found[#found + 1] = at .. path end
    path = path:match "^(.*)/[^/]*$" or ""
  end
  found[#found + 1] = at
  return found
end

local function least(a, b)
  if a and b then return math.min(a, b) end
  return a or b
end

local function quota_v2(read, directory)
  local quota, period = (read(directory .. "/cpu.max") or ""):match "^(%d+) (%d+)"
  return quota and tonumber(quota) / tonumber(period)
end

local function quota_v1(read, directory)
  local quota = tonumber(read(directory .. "/cpu.cfs_quota_us") or "")
  local period = tonumber(read(directory .. "/cpu.cfs_period_us") or "")
  if quota and period and quota > 0 and period > 0 then return quota / period end
end

local function bytes(text)
  local n = math.tointeger(tonumber((text or ""):match "^%d+"))
  if n and n > 0 and n < UNLIMITED then return n end
end

local function total_memory(read)
  local kib = (read "/proc/meminfo" or ""):match "MemTotal:%s*(%d+) kB"
  return kib and math.tointeger(tonumber(kib)) * 1024
end

--- Processors and bytes of memory: each is the smallest of what the machine and the groups above us allow. A quota of
--- 1.5 processors counts as 2, since numbers of processes follow from it.
---@param read fun(path: string): string|nil
---@param affinity integer processors we may run on
---@return {cpus: integer, memory: integer|nil}
function cgroup.limits(read, affinity)
  local quota, memory = nil, total_memory(read)
  local mounts, groups = read "/proc/self/mountinfo", read "/proc/self/cgroup"
  for _, directory in ipairs(directories(mounts, groups)) do
    quota = least(quota, quota_v2(read, directory))
    memory = least(memory, bytes(read(directory .. "/memory.max")))
  end
  for _, directory in ipairs(directories(mounts, groups, "cpu")) do quota = least(quota, quota_v1(read, directory)) end
  for _, directory in ipairs(directories(mounts, groups, "memory")) do
    memory = least(memory, bytes(read(directory .. "/memory.limit_in_bytes")))
  end
  return {cpus = math.max(1, math.min(affinity, math.ceil(quota or affinity))), memory = memory}
end

return cgroup
