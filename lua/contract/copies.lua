-- Copies of tables, so that no script changes a table of ours, and no table of a script's runs its code later.

local tables = require "lib.tables"

local copies = {}

local DEPTH_MAX = 60

local function plain(value, depth)
  if type(value) ~= "table" then return value end
  if depth > DEPTH_MAX then return nil end
  local made = {}
  for key, inner in next, value do
    local copied = plain(inner, depth + 1)
    if copied == nil then return nil end
    made[key] = copied
  end
  return made
end

--- A copy without metatables. nil if the value is nested too deeply, as one that contains itself is.
---@param value any
---@return any
function copies.plain(value) return plain(value, 0) end

--- A deep copy: what is frozen stays frozen, and other metatables are shared.
---@param value any
---@return any
function copies.deep(value)
  if type(value) ~= "table" then return value end
  local meta, made = getmetatable(value), {}
  for key, inner in pairs(value) do made[key] = copies.deep(inner) end
  if meta and meta.__frozen then return tables.freeze(made, meta.__frozen[1], meta.__frozen[2]) end
  return setmetatable(made, meta)
end

return copies
