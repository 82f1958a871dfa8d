-- EDGE
-- Reads the fields of a user's service or job: calls those that are functions under the guard, and checks what they
-- return.

local check = require "contract.check"
local copies = require "contract.copies"
local guard = require "input.guard"
local system = require "core.system"
local user_view = require "contract.user_view"

local user_fields = {}

---@class UserFile
---@field override Override
---@field name string under which its view has its paths
---@field definition table checked

local ID_MAX = 4294967294

local ACCOUNTS = {synapse = true, nginx = true, redis = true, postgres = true}

--- Tells faults of a file.
---@param it UserFile
---@param faults Fault[]
---@return boolean whether there were none
function user_fields.report(it, faults)
  for _, fault in ipairs(faults) do guard.fault(it.override, fault.path, fault.what, fault.hint) end
  return #faults == 0
end

--- The tools of files. Each function of the user's gets a table of its own.
---@param make? table
---@return table?
function user_fields.own_tools(make)
  local made = {}
  for name, fn in pairs(make or {}) do made[name] = fn end
  return make and made
end

-- The value of a field that may be a function, checked. The second result is false after a fault.
local function value_of(it, field, view, make)
  local said = it.definition[field.name]
  if type(said) ~= "function" or not field.computed then return said, true end
  local ok, value = guard.call(it.override, field.name, said, user_view.of(view, it.name), user_fields.own_tools(make))
  if not ok then return nil, false end
  local found, faults = copies.plain(value), {}
  if value == nil and field.name == "argv" then
    faults[1] = {path = "argv", what = "returns nothing", hint = field.doc}
  elseif value ~= nil and found == nil then
    faults[1] = {path = field.name, what = "is nested too deeply, or contains itself", hint = field.doc}
  elseif found ~= nil then
    local plain = setmetatable({computed = false}, {__index = field})
    check.field(plain, found, field.name, faults)
  end
  return found, user_fields.report(it, faults)
end

-- nil: no user can have that number. As nil or as 0, which is what some bits of it may be, it would mean root.
local function id_of(digits)
  local id = math.tointeger(tonumber(digits))
  return id and id <= ID_MAX and id or nil
end

local LATER = {files = true, templates = true}

--- All fields, with functions computed.
---@param it UserFile
---@param schema Schema
---@param view View
---@param make? table see files; without it files are left out
---@return table? nil after a fault
function user_fields.computed(it, schema, view, make)
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

--- The user that a file names. Where synlua is not root, all run as its own user.
---@param it UserFile
---@param view View
---@param name? string
---@return User? nil after a fault
function user_fields.user_of(it, view, name)
  local own = view.users.own
  if own.uid ~= 0 then return own end
  name = name or "synapse"
  if name == "root" then return own end
  if name:find "^%d+:%d+$" then
    local uid, gid = id_of(name:match "^%d+"), id_of(name:match "%d+$")
    if uid and gid then return {uid = uid, gid = gid, drop = true} end
    local what = ("names a user %q, but no id is above %d"):format(name:sub(1, 40), ID_MAX)
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

return user_fields
