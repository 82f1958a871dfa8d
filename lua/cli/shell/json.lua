-- Values as JSON. What JSON lacks becomes text.

local dkjson = require "dkjson"
local document = require "lib.document"

local json = {}

local function plain(value, seen)
  local kind = type(value)
  if kind == "function" or kind == "userdata" or kind == "thread" then return tostring(value) end
  if kind ~= "table" then return value end
  if document.kind(value) == "scalar" then return plain(document.plain(value), seen) end
  if seen[value] then return "(seen above)" end
  seen[value] = true
  local made, is_list = {}, rawget(value, 1) ~= nil
  for key, inner in pairs(value) do
    made[type(key) == "number" and key or tostring(key)] = plain(inner, seen)
  end
  seen[value] = nil
  return next(made) == nil and made or setmetatable(made, {__jsontype = is_list and "array" or "object"})
end

--- One line of JSON.
---@param value any
---@return string
function json.text(value)
  if value == nil then return "null" end
  return dkjson.encode(plain(value, {}))
end

return json
