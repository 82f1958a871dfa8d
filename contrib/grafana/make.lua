-- Makes the dashboards from boards.lua: `make docs` writes them beside it. With a directory as the argument it writes
-- them there.

package.path = "./contrib/grafana/?.lua;" .. package.path

local boards = require "boards"
local dkjson = require "dkjson"

local make = {}

local FIRST = {"title", "uid", "type", "name", "id", "expr", "legendFormat", "refId"}
local SOURCE = {type = "prometheus", uid = "${datasource}"}
local WIDTH, HEIGHT = 12, 8 -- of a panel, of 24 columns

local function whole(text, at)
  return (text:gsub("%$at", (at:gsub("%%", "%%%%"))):gsub("%$span", "$__rate_interval"))
end

local function panel(one, board, id, x, y)
  local targets = {}
  for at = 3, #one do
    targets[at - 2] = {datasource = SOURCE, expr = whole(one[at][1], board.at), legendFormat = one[at][2],
      refId = string.char(62 + at)}
  end
  return {
    id = id, title = one[1], type = "timeseries", datasource = SOURCE, targets = targets,
    gridPos = {x = x, y = y, w = WIDTH, h = HEIGHT},
    fieldConfig = {defaults = {unit = one[2], min = 0, custom = {fillOpacity = 8, lineWidth = 1, showPoints = "never"}},
      overrides = setmetatable({}, {__jsontype = "array"})},
    options = {legend = {displayMode = "list", placement = "bottom", showLegend = true},
      tooltip = {mode = "multi", sort = "desc"}},
  }
end

local function panels(board)
  local list, y = {}, 0
  for _, row in ipairs(board.rows) do
    list[#list + 1] = {id = #list + 1, title = row[1], type = "row", collapsed = false,
      gridPos = {x = 0, y = y, w = 24, h = 1}, panels = setmetatable({}, {__jsontype = "array"})}
    y = y + 1
    for at, one in ipairs(row[2]) do
      list[#list + 1] = panel(one, board, #list + 1, (at - 1) % 2 * WIDTH, y + (at - 1) // 2 * HEIGHT)
    end
    y = y + (#row[2] + 1) // 2 * HEIGHT
  end
  return list
end

local function variables(board)
  local list = {{name = "datasource", label = "Prometheus", type = "datasource", query = "prometheus"}}
  for _, choice in ipairs(board.choices) do
    list[#list + 1] = {name = choice[1], label = (choice[1]:gsub("_", " ")), type = "query", datasource = SOURCE,
      definition = ("label_values(%s, %s)"):format(choice[2], choice[1]),
      query = {query = ("label_values(%s, %s)"):format(choice[2], choice[1]), refId = "A"},
      multi = true, includeAll = true, allValue = ".*", current = {text = "All", value = "$__all"}, refresh = 2,
      sort = 1}
  end
  return list
end

local function key_order(value, seen)
  for key, inner in pairs(value) do
    if type(key) == "string" then seen[key] = true end
    if type(inner) == "table" then key_order(inner, seen) end
  end
  return seen
end

--- A dashboard as JSON, the same each time.
---@param board table
---@return string
function make.json(board)
  local value = {
    title = board.title, uid = board.uid, schemaVersion = 38, version = 1, editable = true, tags = {"synlua"},
    time = {from = "now-6h", to = "now"}, refresh = "1m", timezone = "browser", panels = panels(board),
    templating = {list = variables(board)},
  }
  local seen, order = key_order(value, {}), {}
  for at, key in ipairs(FIRST) do order[at], seen[key] = key, nil end
  local others = {}
  for key in pairs(seen) do others[#others + 1] = key end
  table.sort(others)
  table.move(others, 1, #others, #order + 1, order)
  return dkjson.encode(value, {indent = true, keyorder = order}) .. "\n"
end

if arg and arg[0]:find "grafana/make%.lua$" then
  for _, board in ipairs(boards) do
    local to <close> = assert(io.open(("%s/%s"):format(arg[1] or "contrib/grafana", board.file), "w"))
    assert(to:write(make.json(board)))
  end
end

return make
