-- EDGE
-- Makes a service of the catalog from a user's file: calls its functions under the guard, and checks what they return.

local check = require "contract.check"
local describe = require "contract.describe"
local guard = require "input.guard"
local part_schema = require "contract.part"
local schema = require "contract.service"
local shape = require "contract.shape"
local simple = require "contract.simple"
local system = require "core.system"
local tables = require "lib.tables"
local user_view = require "contract.user_view"

local user_service = {}

local ENVIRONMENT = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

local ACCOUNTS = {synapse = true, nginx = true, redis = true, postgres = true}

local function report(it, faults)
  for _, fault in ipairs(faults) do guard.fault(it.override, fault.path, fault.what, fault.hint) end
  return #faults == 0
end

-- Each function of the user's gets a table of its own.
local function own_tools(make)
  local made = {}
  for name, fn in pairs(make or {}) do made[name] = fn end
  return make and made
end

-- The value of a field that may be a function, checked. The second result is false after a fault.
local function value_of(it, field, view, make)
  local said = it.definition[field.name]
  if type(said) ~= "function" or not field.computed then return said, true end
  local ok, value = guard.call(it.override, field.name, said, user_view.of(view, it.name), own_tools(make))
  if not ok then return nil, false end
  local faults = {}
  if value ~= nil then
    local plain = setmetatable({computed = false}, {__index = field})
    check.field(plain, value, field.name, faults)
  end
  return value, report(it, faults)
end

local LATER = {files = true, templates = true}

local function computed(it, view, make)
  local said, all = {}, true
  for _, field in ipairs(schema.fields) do
    if make ~= nil or not LATER[field.name] or type(it.definition[field.name]) ~= "function" then
      local value, ok = value_of(it, field, view, make)
      said[field.name], all = value, all and ok
    else
      said[field.name] = {}
    end
  end
  return all and said or nil
end

-- nil: no user can have that number. As nil or as 0, which is what some bits of it may be, it would mean root.
local function id_of(digits)
  local id = math.tointeger(tonumber(digits))
  return id and id <= part_schema.ID_MAX and id or nil
end

-- The user that a service names. Where synlua is not root, all run as its own user.
local function user_of(it, view, name)
  local own = view.users.own
  if own.uid ~= 0 then return own end
  name = name or "synapse"
  if name == "root" then return own end
  if name:find "^%d+:%d+$" then
    local uid, gid = id_of(name:match "^%d+"), id_of(name:match "%d+$")
    if uid and gid then return {uid = uid, gid = gid, drop = true} end
    local what = ("names a user %q, but no id is above %d"):format(name:sub(1, 40), part_schema.ID_MAX)
    guard.fault(it.override, "user", what, "write the numbers of an account, such as 1000:1000")
    return nil
  end
  if ACCOUNTS[name] and view.users[name] then return view.users[name] end
  if not ACCOUNTS[name] then
    local account, group = system.user(name)
    if account then return {uid = account, gid = group, drop = true} end
  end
  guard.fault(it.override, "user", ("names a user %q, whom this machine has not"):format(name),
    "write synapse, nginx, redis, postgres, root, the name of an account, or UID:GID")
end

-- Whom a planned process runs as. A number in its `process` is taken as it is.
local function settle_user(it, view, part)
  local process = part.process
  if type(process.uid) == "number" and not part.user then return true end
  local user = user_of(it, view, part.user or type(it.definition.user) == "string" and it.definition.user or nil)
  if not user then return false end
  process.uid, process.gid = nil, nil
  if user.drop then process.uid, process.gid = user.uid, user.gid end
  return true
end

local function finish(it, view, part)
  local faults = {}
  check.field({kind = "record", fields = part_schema.fields, doc = part_schema.doc}, part, "", faults)
  for _, fault in ipairs(faults) do fault.path = fault.path == "" and "plan" or fault.path end
  if not report(it, faults) or not settle_user(it, view, part) then return false end
  part.on_failure = part.on_failure or it.definition.on_failure or (it.shipped and "exit" or "degrade")
  part.process.environment = part.process.environment or {table.unpack(ENVIRONMENT)}
  part.user = nil
  return true
end

-- The problem that `plan` gives in place of a service, as shipped services do.
local function told(it, problem)
  if problem == nil then return nil end
  if type(problem) == "table" and type(problem.what) == "string" then
    local text = function(name) return type(problem[name]) == "string" and problem[name] or nil end
    return {where = text "where" or guard.where(it.override, "plan"), what = problem.what, hint = text "hint"}
  end
  guard.fault(it.override, "plan", "returns a problem that is no table {where, what, hint}")
end

local function is_name(name) return type(name) == "string" and name:find "^[^%s%c/]+$" ~= nil end

local function planned(it, view)
  local ok, made, problem = guard.call(it.override, "plan", it.definition.plan, user_view.of(view, it.name))
  if not ok then return nil end
  if made == nil then return nil, told(it, problem) end
  if type(made) ~= "table" then
    guard.fault(it.override, "plan", "must return a table with process and ready, or several by name")
    return nil
  end
  if made.process or made.ready then made = {[it.name] = made} end
  local all = true
  for name, part in tables.sorted(made) do
    if is_name(name) then
      all = finish(it, view, part) and all
    else
      guard.fault(it.override, "plan", ("returns a process with the name %s"):format(describe.value(name)),
        "a name is text without spaces and slashes: return {name = {process = ..., ready = ...}}")
      all = false
    end
  end
  return all and made or nil
end

local function plan(it, view)
  if it.definition.plan then return planned(it, view) end
  local said = computed(it, view)
  local user = said and user_of(it, view, said.user)
  if not user then return nil end
  local part = simple.part(view, said, it.name, user)
  return finish(it, view, part) and part or nil
end

local function other_bytes(it, one)
  local otherwise = one.otherwise
  return otherwise and function()
    local ok, text = guard.call(it.override, "files", otherwise)
    return ok and type(text) == "string" and text or one.bytes
  end
end

local FILE = shape {base = "path", path = "text", bytes = "bytes", mode = "mode", uid = "id", gid = "id"}

-- What a function `files` of the full form returned, as far as it can be told to be files.
local function full_files(it, view, make)
  if not it.definition.files then return {} end
  local ok, list = guard.call(it.override, "files", it.definition.files, user_view.of(view, it.name), own_tools(make))
  if not ok then return {} end
  if type(list) ~= "table" then guard.fault(it.override, "files", "must return a list of files") end
  local kept = {}
  for at, one in ipairs(type(list) == "table" and list or {}) do
    if not FILE(one) then
      one.otherwise = other_bytes(it, one)
      kept[#kept + 1] = one
    else
      guard.fault(it.override, "files", ("[%d] must be a table with base, path, bytes, mode, uid and gid"):format(at))
    end
  end
  return kept
end

local function files(it, view, make)
  if it.definition.plan then return full_files(it, view, make) end
  local said = computed(it, view, make)
  local user = said and user_of(it, view, said.user)
  for at, one in ipairs(user and said.templates or {}) do
    if not view.input.templates[one.template] then
      guard.fault(it.override, ("templates[%d].template"):format(at), ("there is no template %s"):format(one.template),
        ("put it into the user directory as templates/%s"):format(one.template))
      return {}
    end
  end
  return user and simple.files(view, said, it.name, user, make) or {}
end

--- A service of the catalog.
---@param override Override
---@param name string
---@param definition table checked
---@param is_shipped boolean whether it stands in for a shipped one
---@return table
function user_service.make(override, name, definition, is_shipped)
  local it = {override = override, name = name, definition = definition, shipped = is_shipped}
  return {
    api = definition.api, override = override, settings = definition.settings,
    plan = function(view) return plan(it, view) end,
    files = function(view, make) return files(it, view, make) end,
    where = function(field) return guard.where(override, field) end,
  }
end

return user_service
