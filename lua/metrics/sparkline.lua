-- Draws a series as a small line, which grows with the text around it. Pure.

local svg = require "files.svg"

local sparkline = {}

local WIDTH, HEIGHT, EDGE = 120, 24, 2

-- The points of each run of known values.
local function runs(values, top, slots)
  local list, open = {}, nil
  local step = (WIDTH - 2 * EDGE) / math.max(1, slots - 1)
  for at, value in ipairs(values) do
    if value then
      open = open or {}
      local x = WIDTH - EDGE - (#values - at) * step
      open[#open + 1] = ("%.1f %.1f"):format(x, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * math.min(1, value / top))
    elseif open then
      list[#list + 1], open = open, nil
    end
  end
  list[#list + 1] = open
  return list
end

local function largest(values)
  local most, known = 0, 0
  for _, value in ipairs(values) do
    if value then most, known = math.max(most, value), known + 1 end
  end
  return most, known
end

--- The line, or nil where fewer than two values are known.
---@param values (number|false)[] oldest first
---@param options {slots: integer, least: number, says: string} slots: how many values the whole width has; least: the
--- height at least, so that little noise stays small; says: what it shows, with %s for the largest value
---@param shown fun(value: number): string
---@return Markup?
function sparkline.draw(values, options, shown)
  local most, known = largest(values)
  if known < 2 then return end
  local path = {}
  for _, points in ipairs(runs(values, math.max(most, options.least), options.slots)) do
    path[#path + 1] = "M" .. table.concat(points, " L") .. (#points == 1 and " h0.1" or "")
  end
  local says = options.says:format(shown(most))
  return svg.element("svg", {class = "spark", role = "img", ["aria-label"] = says, viewBox = ("0 0 %d %d"):format(WIDTH,
    HEIGHT), preserveAspectRatio = "none"}, {svg.element("title", nil, says),
    svg.element("path", {d = table.concat(path, " "), ["vector-effect"] = "non-scaling-stroke"})})
end

return sparkline
