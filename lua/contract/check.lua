-- Checks what a user's file returned against the schema of its kind: every fault at once.

local describe = require "contract.describe"
local fields = require "contract.fields"
local tables = require "lib.tables"

local check = {field = fields.check}

local function add(faults, path, what, hint) faults[#faults + 1] = {path = path, what = what, hint = hint} end

local OLD = "is of an earlier synlua: every field is checked now, a service runs as Synapse's user unless it says "
  .. "otherwise, and a file sees only what docs/lua.md describes"

local function check_api(value, api, faults)
  if value == api then return true end
  if value == nil then
    add(faults, "api", "is missing", ("write api = %d"):format(api))
  elseif value == 1 then
    add(faults, "api", "= 1 " .. OLD, "read docs/lua.md#from-api-1, change the file, and write api = 2")
  else
    add(faults, "api", ("must be %d, but is %s"):format(api, describe.value(value)), ("write api = %d"):format(api))
  end
  return value == nil
end

-- A file with `extends` has nothing beside it.
local function check_extension(schema, value, faults)
  for name in tables.sorted(value) do
    if not fields.known(schema.fields)[name] then
      fields.unknown(schema.fields, name, "", faults)
    elseif name ~= "api" and name ~= "extends" then
      add(faults, name, "has no effect beside extends", "set it in the table that extends gets and returns")
    end
  end
end

--- All faults of a value, which a user's file returned.
---@param schema Schema
---@param value any
---@return Fault[]
function check.value(schema, value)
  local faults = {}
  if type(value) ~= "table" then
    return {{path = "", hint = "end it with return {api = 2, ...}",
      what = ("must return the table of a %s, but returns %s"):format(schema.name, describe.value(value))}}
  end
  if not check_api(value.api, fields.known(schema.fields).api.min, faults) then return faults end
  if type(value.extends) == "function" then
    check_extension(schema, value, faults)
  else
    fields.of(schema.fields, value, "", faults, value.api == nil and "api" or nil)
    if #faults == 0 and schema.fault then
      for _, fault in ipairs(schema.fault(value)) do faults[#faults + 1] = fault end
    end
  end
  return faults
end

return check
