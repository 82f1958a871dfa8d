-- EDGE
-- Makes a service of the catalog from a user's file: calls its functions under the guard, and checks what they return.

local check = require "contract.check"
local copies = require "contract.copies"
local guard = require "input.guard"
local part_schema = require "contract.part"
local schema = require "contract.service"
local tables = require "lib.tables"
local user_fields = require "input.user_fields"
local user_view = require "contract.user_view"

local user_service = {}

local report = user_fields.report

local ENVIRONMENT = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

-- Whom a planned process runs as. A number in its `process` is taken as it is.
local function settle_user(it, view, part)
  local process = part.process
  if type(process.uid) == "number" and not part.user then
    if type(process.gid) == "number" then return true end
    guard.fault(it.override, "process.uid", "is a number without a gid", "write both, or user = \"NAME\"")
    return false
  end
  local said = type(it.definition.user) == "string" and it.definition.user or nil
  local user = user_fields.user_of(it, view, part.user or said)
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

-- A problem that the function returned, as a shipped one does.
local function problem_of(it, said)
  if said == nil then return end
  local problem = copies.plain(said)
  for _, name in ipairs {"where", "what", "hint"} do
    if type(problem) ~= "table" or type(problem[name] or "") ~= "string" or name ~= "hint" and not problem[name] then
      guard.fault(it.override, "plan", "returns nil and a problem that has no where and what", "return nil, {where = "
        .. "\"what it is about\", what = \"what is wrong\", hint = \"what to do\"}")
      return
    end
  end
  return problem
end

local function named_well(it, parts)
  for name in pairs(parts) do
    if type(name) ~= "string" or not name:find "^[%w_][%w_.+=-]*$" then
      guard.fault(it.override, "plan", ("names a process %s"):format(type(name) == "string" and ("%q"):format(name)
        or "by a " .. type(name)), "a name has letters, digits, _ . + - and no blanks")
      return false
    end
  end
  return true
end

local function planned(it, view)
  local ok, parts, problem = guard.call(it.override, "plan", it.definition.plan, user_view.of(view, it.name))
  if not ok then return nil end
  if parts == nil then return nil, problem_of(it, problem) end
  local made = copies.plain(parts)
  if type(made) ~= "table" then
    guard.fault(it.override, "plan", "must return a table with process and ready, or several by name")
    return nil
  end
  if made.process or made.ready then made = {[it.name] = made} end
  local all = named_well(it, made)
  for _, part in tables.sorted(all and made or {}) do all = finish(it, view, part) and all end
  return all and made or nil
end

local function plan(it, view)
  if it.definition.plan then return planned(it, view) end
  local said = user_fields.computed(it, schema, view)
  local user = said and user_fields.user_of(it, view, said.user)
  if not user then return nil end
  local part = require("contract.simple").part(view, said, it.name, user)
  return finish(it, view, part) and part or nil
end

local function other_bytes(it, one)
  local otherwise = one.otherwise
  return type(otherwise) == "function" and function()
    local ok, text = guard.call(it.override, "files", otherwise)
    return ok and type(text) == "string" and text or one.bytes
  end or nil
end

-- What a function `files` of the full form returned, as far as it can be told to be files.
local function full_files(it, view, make)
  if not it.definition.files then return {} end
  local ok, list = guard.call(it.override, "files", it.definition.files, user_view.of(view, it.name),
    user_fields.own_tools(make))
  if not ok then return {} end
  local kept, faults = copies.plain(list), {}
  check.field(part_schema.files, kept or 0, "files", faults)
  if not report(it, faults) then return {} end
  for _, one in ipairs(kept) do one.otherwise = other_bytes(it, one) end
  return kept
end

local function files(it, view, make)
  if it.definition.plan then return full_files(it, view, make) end
  local said = user_fields.computed(it, schema, view, make)
  local user = said and user_fields.user_of(it, view, said.user)
  for at, one in ipairs(user and said.templates or {}) do
    if not view.input.templates[one.template] then
      guard.fault(it.override, ("templates[%d].template"):format(at), ("there is no template %s"):format(one.template),
        ("put it into the user directory as templates/%s"):format(one.template))
      return {}
    end
  end
  return user and require("contract.simple").files(view, said, it.name, user, make) or {}
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
    api = definition.api, override = override, settings = definition.settings, registration = definition.registration,
    plan = function(view) return plan(it, view) end,
    files = function(view, make) return files(it, view, make) end,
    where = function(field) return guard.where(override, field) end,
  }
end

return user_service
