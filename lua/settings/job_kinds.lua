-- Kinds of values that variables of jobs have: when one runs, and the levels of the state compressor.

local kinds = {}

-- A cron expression. The grammar is only loaded where a variable has one.
function kinds.cron(value)
  local read, what, hint = require "schedule.cron".read(value)
  if read then return value end
  return nil, what, hint
end

local LEVELS_MAX = 10

--- Sizes of levels, such as 100,50,25.
function kinds.levels(value)
  local list = {}
  for word in (value .. ","):gmatch "%s*([^,]*),%s*" do list[#list + 1] = word:match "^[1-9]%d?%d?%d?%s*$" end
  local count = select(2, value:gsub(",", "")) + 1
  if #list == count and count <= LEVELS_MAX then return (table.concat(list, ","):gsub("%s", "")) end
  return nil, ("must be up to %d numbers from 1 to 9999 with commas"):format(LEVELS_MAX), "write them as 100,50,25"
end

return kinds
