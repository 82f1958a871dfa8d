-- Turns the simple form of a service into what the plan wants: one process, as contract/part.lua describes it.

local octal = require "lib.octal"
local records = require "lib.records"
local tables = require "lib.tables"

local simple = {}

local LOOPBACK = "127.0.0.1"

local function ms(seconds) return seconds and math.floor(seconds * 1000) end

local function address_of(tcp)
  if type(tcp) == "number" then return LOOPBACK, tcp end
  local address, port = tcp:match "^(.*):(%d+)$"
  return address, tonumber(port)
end

-- How core.probe asks what `ready` or `alive` says.
local function probe(asked)
  if asked.http then
    local address, port, uri = asked.http:match "^http://(.*):(%d+)(/.*)$"
    if asked.socket then return {kind = "http", socket = asked.socket, uri = uri} end
    return {kind = "http", address = address:gsub("[%[%]]", ""), port = tonumber(port), uri = uri}
  elseif asked.socket then
    return {kind = "connect", socket = asked.socket}
  end
  local address, port = address_of(asked.tcp)
  return {kind = "connect", address = address, port = port}
end

local function ready(said)
  if type(said) == "table" then return {probe = probe(said)} end
  return {[said or "started"] = true}
end

local function alive(said)
  if not said then return end
  return {probe = probe(said), every_ms = ms(said.every or 60), timeout_ms = ms(said.timeout or 10),
    patience = said.patience or 6, restart_after = said.restart_after}
end

local function environment(view, said, name)
  local set = {PATH = "/usr/local/bin:/usr/bin:/bin", LANG = "C.UTF-8", HOME = records.state(view.paths.data, name)}
  if said.ready == "notify" then set.NOTIFY_SOCKET = view.paths.notify end
  for key, value in pairs(said.environment or {}) do set[key] = tostring(value) end
  local list = {}
  for key, value in tables.sorted(set) do list[#list + 1] = key .. "=" .. value end
  return list
end

-- The directory for generated files, which the service's user can read, and those that the service itself keeps.
local function directories(view, said, name, user)
  local own, list, seen = view.users.own, {}, {}
  local function add(base, path, mode, owner, gid)
    if seen[base .. path] then return end
    seen[base .. path] = true
    list[#list + 1] = {base = base, path = path, mode = octal("0" .. mode), uid = owner, gid = gid}
  end
  if said.files or said.templates then
    add(view.paths.runtime, "own", "0755", own.uid, own.gid)
    add(view.paths.runtime, "own/" .. name, "0750", own.uid, user.gid)
  end
  if said.directories then
    local data, top = view.paths.data, records.state(view.paths.data, name):sub(#view.paths.data + 2)
    add(data, top:match "^[^/]+", "0755", own.uid, own.gid)
    add(data, top, "0700", user.uid, user.gid)
    for _, one in ipairs(said.directories) do
      local path, mode = one, "0700"
      if type(one) == "table" then path, mode = one.path, one.mode or mode end
      for at in path:gmatch "()/" do add(data, top .. "/" .. path:sub(1, at - 1), "0700", user.uid, user.gid) end
      add(data, top .. "/" .. path, mode, user.uid, user.gid)
    end
  end
  return list
end

local function listens(said, name)
  local asked = type(said.ready) == "table" and said.ready or {}
  if not asked.tcp and not (asked.http and not asked.socket) then return end
  local found = probe(asked)
  return {{address = found.address, port = found.port, place = ("services/%s.lua"):format(name),
    what = "service " .. name, hint = "give it another port"}}
end

--- One process of a plan.
---@param view View
---@param said table the fields of the file, computed
---@param name string of the file
---@param user User
---@return table
function simple.part(view, said, name, user)
  local limits = said.limits or {}
  return {
    process = {
      argv = said.argv, environment = environment(view, said, name), cwd = said.cwd or "/", stop_signal = "TERM",
      grace_ms = ms(limits.stop_seconds or 5), open_files = limits.open_files, oom_score_adj = limits.oom_score_adj,
    },
    user = said.user, ready = ready(said.ready), alive = alive(said.alive), needs = said.needs, after = said.after,
    memory = said.memory, before = said.before, on_failure = said.on_failure, give_up_after = limits.tries or 5,
    start_limit_ms = said.ready ~= "exit" and ms(limits.start_seconds or 60) or ms(limits.start_seconds),
    directories = directories(view, said, name, user), listens = listens(said, name),
    reaches = {{path = said.argv[1], uid = user.uid, gid = user.gid, program = true,
      hint = ("install it, or mend argv in services/%s.lua"):format(name)}},
  }
end

--- The files of a service.
---@param view View
---@param said table the fields of the file, computed
---@param name string of the file
---@param user User
---@param make table see files
---@return table[]
function simple.files(view, said, name, user, make)
  local list = {}
  local function add(one, bytes)
    list[#list + 1] = {base = view.paths.runtime, path = ("own/%s/%s"):format(name, one.path),
      mode = octal("0" .. (one.mode or "640")), uid = view.users.own.uid, gid = user.gid, bytes = bytes,
      secret = one.secret, own = true}
  end
  for _, one in ipairs(said.files or {}) do add(one, one.text) end
  for _, one in ipairs(said.templates or {}) do add(one, make.template(one.template, one.format, one.values)) end
  return list
end

return simple
