-- Draws the plan as SVG: clients, nginx, Synapse's processes with what each serves, the database and Redis. It has no
-- outside resource and no script, and fits light and dark. Pure.

local svg = require "files.svg"

local plan_svg = {}

local element = svg.element

local WIDTH, EDGE, GAP = 1000, 20, 12
local LEFT = {x = 20, width = 170}
local MIDDLE = {x = 240, width = 520}
local RIGHT = {x = 810, width = 170}
local COLUMN = 232 -- of the two columns of processes
local GUTTER = 24 -- before each of them, for the line that leads there
local TOP, HEAD, LINE, PADDING = 60, 20, 15, 10
local SMALL = 5.7 -- wider than most characters of the small font

local STYLE = [[
.plan{--back:#ffffff;--box:#f6f8fa;--edge:#8c959f;--text:#1f2328;--muted:#59636e;--nginx:#1a7f37;--synapse:#0969da;
--data:#8250df;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.plan{--back:#0d1117;--box:#161b22;--edge:#6e7681;--text:#e6edf3;--muted:#9da7b3;
--nginx:#3fb950;--synapse:#58a6ff;--data:#bc8cff}}
.plan .back{fill:var(--back)}
.plan .box{fill:var(--box);stroke:var(--edge)}
.plan .frame{fill:none;stroke:var(--synapse);stroke-dasharray:4 4}
.plan .nginx{stroke:var(--nginx)}.plan .synapse{stroke:var(--synapse)}.plan .data{stroke:var(--data)}
.plan .line{fill:none;stroke:var(--edge);stroke-width:1.5}
.plan .line.nginx{stroke:var(--nginx)}.plan .line.data{stroke:var(--data)}
.plan .tip{fill:var(--edge)}.plan .tip.nginx{fill:var(--nginx)}.plan .tip.data{fill:var(--data)}
.plan text{fill:var(--text);font-size:11px}
.plan .name{font-size:13px;font-weight:600}.plan .title{font-size:16px;font-weight:600}
.plan .muted{fill:var(--muted)}
.plan .path{fill:var(--muted);font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:9.5px}
]]

local function text(x, y, class, content) return element("text", {x = x, y = y, class = class or false}, content) end

local function line(class, ...) return element("path", {class = "line " .. class, d = (("M%d %d"):format(...))
  .. (" L%d %d"):rep((select("#", ...) - 2) // 2):format(select(3, ...))}) end

local function arrow(class, ...)
  local points = {...}
  local x, y = points[#points - 1], points[#points]
  points[#points - 1] = x - 6
  return {line(class, table.unpack(points)),
    element("path", {class = "tip " .. class, d = ("M%d %d l-7 -4 v8 z"):format(x, y)})}
end

---@class Box
---@field name string
---@field lines {class: string, text: string}[]

local function height_of(box) return PADDING + HEAD + #box.lines * LINE + 2 end

local function drawn(box, x, y, width, class)
  local most = (width - 2 * PADDING) // 7
  local list = {
    element("rect", {class = "box " .. class, x = x, y = y, width = width, height = height_of(box), rx = 6}),
    text(x + PADDING, y + PADDING + 11, "name", svg.cut(box.name, most)),
  }
  for at, one in ipairs(box.lines) do
    list[#list + 1] = text(x + PADDING, y + PADDING + HEAD + at * LINE - 6, one.class, one.text)
  end
  return list
end

local function add_lines(box, class, words, width)
  for _, one in ipairs(svg.wrap(words, math.floor((width - 2 * PADDING) / SMALL))) do
    box.lines[#box.lines + 1] = {class = class, text = one}
  end
end

local function add_place(box, place, width)
  box.lines[#box.lines + 1] = {class = "path", text = svg.cut(place, (width - 2 * PADDING) // 6)}
end

local function box_of(name, width, says, places)
  local box = {name = name, lines = {}}
  for _, one in ipairs(says) do add_lines(box, "muted", one, width) end
  for _, place in ipairs(places) do add_place(box, place, width) end
  return box
end

-- Lines are broken by the usual width of letters. Digits are wider, so an address gets a line of its own.
local function add_other(box, one, width)
  local is_place = one.says:find "%d"
  local words = (is_place or one.says == "") and one.name or ("%s: %s"):format(one.name, one.says)
  add_lines(box, "muted", words, width)
  if is_place then add_place(box, one.says, width) end
end

local function process_box(group)
  local count, says = #group.members, {group.says}
  if group.paths > 0 then says[2] = ("Serves %d path%s."):format(group.paths, group.paths == 1 and "" or "s") end
  return box_of(count > 1 and ("%s × %d"):format(group.name, count) or group.name, COLUMN, says, group.at)
end

-- Each box goes to the column that is shorter so far.
local function processes(groups, list)
  local bottoms, served = {TOP + 34, TOP + 34}, {{}, {}}
  for _, group in ipairs(groups) do
    local box = process_box(group)
    local at = bottoms[2] < bottoms[1] and 2 or 1
    local x, y = MIDDLE.x + GUTTER + (at - 1) * (COLUMN + GUTTER), bottoms[at]
    list[#list + 1] = drawn(box, x, y, COLUMN, "synapse")
    if group.asked then served[at][#served[at] + 1] = y + 18 end
    bottoms[at] = y + height_of(box) + GAP
  end
  return math.max(bottoms[1], bottoms[2]), served
end

-- From nginx to each process that it asks: one line down each column, with a branch to each box.
local function lead(from, served, list)
  local top = TOP + 18
  for at, heights in ipairs(served) do
    local x = MIDDLE.x + GUTTER // 2 + (at - 1) * (COLUMN + GUTTER)
    if #heights > 0 then
      list[#list + 1] = line("nginx", from, top, x, top, x, heights[#heights])
      for _, y in ipairs(heights) do list[#list + 1] = arrow("nginx", x, y, x + GUTTER // 2, y) end
    end
  end
end

local function entry_boxes(picture, list)
  local clients = box_of("Clients", LEFT.width, {"and other servers"}, picture.entries)
  list[#list + 1] = drawn(clients, LEFT.x, TOP, LEFT.width, "")
  local bottom = TOP + height_of(clients)
  if not picture.has_nginx then return bottom + GAP end
  local y = bottom + 40
  local box = box_of("nginx", LEFT.width, {"Sends each request to the process that serves it."}, {})
  list[#list + 1] = drawn(box, LEFT.x, y, LEFT.width, "nginx")
  local middle = LEFT.x + LEFT.width // 2
  list[#list + 1] = line("nginx", middle, bottom, middle, y - 6)
  list[#list + 1] = element("path", {class = "tip nginx", d = ("M%d %d l-4 -7 h8 z"):format(middle, y)})
  local out = LEFT.x + LEFT.width + 24
  list[#list + 1] = line("nginx", LEFT.x + LEFT.width, y + 18, out, y + 18, out, TOP + 18)
  return y + height_of(box) + GAP, out
end

local function store_boxes(picture, list)
  local y = TOP
  local function add(one, says)
    local box = box_of(one.name, RIGHT.width, {says}, {one.at})
    list[#list + 1] = arrow("data", MIDDLE.x + MIDDLE.width, y + 18, RIGHT.x, y + 18)
    list[#list + 1] = drawn(box, RIGHT.x, y, RIGHT.width, "data")
    y = y + height_of(box) + GAP
  end
  add(picture.database, "The database of every process.")
  if picture.redis then add(picture.redis, "Messages between processes, and a cache.") end
  if #picture.others == 0 then return y end
  local beside = {name = "Beside them", lines = {}}
  for _, one in ipairs(picture.others) do add_other(beside, one, RIGHT.width) end
  list[#list + 1] = drawn(beside, RIGHT.x, y, RIGHT.width, "")
  return y + height_of(beside) + GAP
end

local function summary(picture)
  local names = {}
  for at, group in ipairs(picture.groups) do names[at] = ("%s (%d)"):format(group.name, #group.members) end
  return ("Clients reach %s. Synapse's processes: %s. Database: %s.%s"):format(
    picture.has_nginx and "nginx, which asks Synapse" or "Synapse", table.concat(names, ", "), picture.database.name,
    picture.redis and " Messages: " .. picture.redis.name .. "." or "")
end

local function count(groups)
  local processes_count = 0
  for _, group in ipairs(groups) do processes_count = processes_count + #group.members end
  return processes_count == 1 and "one process of Synapse" or ("%d processes of Synapse"):format(processes_count)
end

--- The picture as an SVG document, which may also stand inside of HTML.
---@param picture PlanPicture
---@return string
function plan_svg.text(picture)
  local list = {}
  local left, out = entry_boxes(picture, list)
  local middle, served = processes(picture.groups, list)
  if out then lead(out, served, list) end
  local right = store_boxes(picture, list)
  local bottom = math.max(left, middle, right) + EDGE
  local parts = {
    element("title", nil, "What runs for " .. picture.server_name),
    element("desc", nil, summary(picture)),
    element("style", nil, svg.raw(STYLE)),
    element("rect", {class = "back", width = WIDTH, height = bottom, rx = 10}),
    text(EDGE, 34, "title", svg.cut(("%s: %s"):format(picture.server_name, count(picture.groups)), 90)),
    element("rect", {class = "frame", x = MIDDLE.x, y = TOP, width = MIDDLE.width, height = middle - TOP, rx = 8}),
    list,
  }
  return element("svg", {xmlns = "http://www.w3.org/2000/svg", class = "plan", role = "img",
    viewBox = ("0 0 %d %d"):format(WIDTH, bottom), width = WIDTH, height = bottom}, parts).markup .. "\n"
end

return plan_svg
