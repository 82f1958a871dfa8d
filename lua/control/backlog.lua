-- The last lines of several services in the order in which they were written. Pure.

local backlog = {}

-- The newest runs that hold n lines together, oldest first, and how many lines of each service they need.
local function chosen(runs, names, n)
  local list, needed, left = {}, {}, n
  for _, run in ipairs(runs) do
    if left <= 0 then break end
    if names[run.name] then
      local lines = math.min(run.lines, left)
      table.insert(list, 1, {name = run.name, lines = lines})
      needed[run.name] = (needed[run.name] or 0) + lines
      left = left - lines
    end
  end
  return list, needed
end

--- The last n lines. Of a service that wrote much, its own last lines may be all that is still known.
---@param runs {name: string, lines: integer}[] newest first: who wrote how many lines without an interruption
---@param names table<string, any> whose lines
---@param n integer
---@param last fun(name: string, n: integer): string[] the last lines of one service, oldest first
---@return {name: string, line: string}[] oldest first
function backlog.lines(runs, names, n, last)
  local list, needed = chosen(runs, names, n)
  local of, at, lines = {}, {}, {}
  for name, count in pairs(needed) do
    of[name] = last(name, count)
    at[name] = #of[name] - count -- below 0 where older lines are forgotten
  end
  for _, run in ipairs(list) do
    for _ = 1, run.lines do
      at[run.name] = at[run.name] + 1
      local line = of[run.name][at[run.name]]
      if line then lines[#lines + 1] = {name = run.name, line = line} end
    end
  end
  return lines
end

return backlog
