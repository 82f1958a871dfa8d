-- Compares ARCHITECTURE.md with the code: the tree of folders and the steps of the plan.

local lfs = require "lfs"
local plan = require "plan"

local text = assert(assert(io.open "ARCHITECTURE.md"):read "a")

local function entries(directory, wanted)
  local found = {}
  for name in lfs.dir(directory) do
    local mode = lfs.attributes(directory .. "/" .. name, "mode")
    if name:sub(1, 1) ~= "." and (wanted == nil or mode == wanted) then found[#found + 1] = name end
  end
  table.sort(found)
  return found
end

-- Folders of the tree below one heading line, with what is said of each: {name, words}.
local function described(heading, indent)
  local block = assert(text:match("\n    " .. heading .. "/ [^\n]*\n(.-)\n    %a"), heading)
  local list = {}
  for line in block:gmatch "[^\n]+" do
    local name, words = line:match("^" .. indent .. "([%w_]+)/ +(.*)$")
    if name then
      list[#list + 1] = {name = name, words = words}
    elseif #list > 0 then
      list[#list].words = list[#list].words .. " " .. line
    end
  end
  return list
end

local function names_of(list)
  local names = {}
  for at, item in ipairs(list) do names[at] = item.name end
  return names
end

-- The order of folders in the list of tests/house.lua.
local function order(variable)
  local list, house = {}, assert(io.open "tests/house.lua"):read "a"
  local body = assert(house:match("local " .. variable .. " = (%b{})"), variable)
  for name in body:gmatch '"([%w_]+)"' do list[#list + 1] = name end
  return list
end

local function only_folders(list, directory)
  local kept = {}
  for _, name in ipairs(list) do
    if lfs.attributes(directory .. "/" .. name, "mode") == "directory" then kept[#kept + 1] = name end
  end
  return kept
end

describe("ARCHITECTURE.md", function()
  it("names the rooms of core/ in the order in which they may use each other", function()
    local names = names_of(described("core", "      "))
    assert.same(order "ROOMS", names)
    table.sort(names)
    assert.same(entries("core", "directory"), names)
  end)

  it("names every file of each room of core/", function()
    for _, room in ipairs(described("core", "      ")) do
      for _, file in ipairs(room.name == "bind" and {} or entries("core/" .. room.name, "file")) do
        local stem = file:match "^[^.]+"
        assert.is_truthy((" " .. room.words):find("[%s]" .. stem .. "[%s:]"), room.name .. "/" .. file)
      end
    end
  end)

  it("names the folders of lua/ in the order in which data flows", function()
    local names = names_of(described("lua", "      "))
    assert.same(only_folders(order "STAGES", "lua"), names)
    table.sort(names)
    assert.same(entries("lua", "directory"), names)
  end)

  it("names the rooms of lua/plan/", function()
    local names = {}
    for _, item in ipairs(described("lua", "        ")) do names[#names + 1] = item.name end
    table.sort(names)
    assert.same(entries("lua/plan", "directory"), names)
  end)

  it("lists the steps of the plan with what they need", function()
    local listed, real = {}, {}
    for name, needs in text:gmatch "\n| `([%w_]+)` | [^|\n]+ | ([^|\n]*) |" do
      listed[#listed + 1] = name .. ": " .. needs
    end
    for at, step in ipairs(plan.STEPS) do real[at] = step.name .. ": " .. table.concat(step.needs, ", ") end
    assert.same(real, listed)
  end)
end)
