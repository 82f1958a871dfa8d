-- Copies of tables, so that no script changes a table of ours, and no table of a script's runs its code later.

local tables = require "lib.tables"

local copies = {}

local DEPTH_MAX, ENTRIES_MAX = 60, 200000
local NAMES = {string = true, number = true, boolean = true}

local DEEP = "is nested too deeply, or contains itself"

-- `left`: how many more entries there may be. A table that is reached in several ways counts each time, because its
-- readers come there as often.
local function plain(value, depth, left)
  if type(value) ~= "table" then return value, nil, left end
  if depth > DEPTH_MAX then return nil, DEEP end
  local made = {}
  for key, inner in next, value do
    if left == 0 then return nil, ("has more than %d entries"):format(ENTRIES_MAX) end
    if not NAMES[type(key)] then return nil, ("has a field whose name is a %s"):format(type(key)) end
    local copied, why, rest = plain(inner, depth + 1, left - 1)
    if why then return nil, why end
    made[key], left = copied, rest
  end
  return made, nil, left
end

--- A copy without metatables. nil if the value cannot be one: it is nested too deeply, contains itself, has too many
--- entries, or has a name that is a table or a function.
---@param value any
---@return any
---@return string? why
function copies.plain(value)
  local made, why = plain(value, 0, ENTRIES_MAX)
  return made, why
end

--- A deep copy: what is frozen stays frozen, and other metatables are shared. What a table shows of another one, by
--- `__index`, is copied into it.
---@param value any
---@return any
function copies.deep(value)
  if type(value) ~= "table" then return value end
  local meta = getmetatable(value)
  local behind = meta and type(meta.__index) == "table" and meta.__index ~= value and meta.__index or nil
  local made = behind and copies.deep(behind) or {}
  if behind then meta = nil end
  for key, inner in pairs(value) do made[key] = copies.deep(inner) end
  if meta and meta.__frozen then return tables.freeze(made, meta.__frozen[1], meta.__frozen[2]) end
  return setmetatable(made, meta)
end

return copies
