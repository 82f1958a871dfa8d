-- What metrics call a route: its path template. Where one location stands for several, their templates as one.

local tables = require "lib.tables"

local named = {}

local LONGEST = 190 -- bytes that core/output/access.h takes

-- How much of these templates is the same, up to a slash that stands in no braces.
local function shared(list)
  local whole, first = 0, list[1]
  for at = 1, #first do
    for _, other in ipairs(list) do
      if other:sub(at, at) ~= first:sub(at, at) then return whole end
    end
    local _, opened = first:sub(1, at):gsub("{", "")
    local _, closed = first:sub(1, at):gsub("}", "")
    if first:sub(at, at) == "/" and opened == closed then whole = at end
  end
  return whole
end

--- The name of the route of a location.
---@param templates string[]
---@return string|false
function named.route(templates)
  local set = {}
  for _, one in ipairs(templates) do set[one] = true end
  local list = tables.keys(set)
  local name = list[1]
  if #list > 1 then
    local length, ends = shared(list), {}
    for at, one in ipairs(list) do ends[at] = one:sub(length + 1) end
    name = ("%s{%s}"):format(name:sub(1, length), table.concat(ends, "|"))
  end
  if name and #name > LONGEST then name = name:sub(1, LONGEST - 3) .. "..." end
  return name or false
end

return named
