-- EDGE
-- Compares two runs of the stages: which settings, services and files differ.

local diff = require "files.diff"
local plain = require("core.log").plain
local readable = require "cli.readable"
local show = require "cli.shell.show"
local tables = require "lib.tables"

local compare = {}

local LONG = 120 -- characters of a setting's value

-- Calls fn(name, old, new) for each name whose text differs.
local function each(old, new, fn)
  local names = {}
  for _, side in ipairs {old, new} do
    for name in pairs(side) do names[name] = true end
  end
  for name in tables.sorted(names) do
    if old[name] ~= new[name] then fn(name, old[name], new[name]) end
  end
end

local function texts(list)
  local made = {}
  for name, value in pairs(list or {}) do made[name] = show.value(value, {width = math.maxinteger}) end
  return made
end

local function file_texts(done)
  local made = {}
  for _, item in ipairs(done.files) do
    made[item.base .. "/" .. item.path] = readable.is_secret(item) and "(secret)" or readable.bytes(done, item)
  end
  return made
end

local function counted(lines)
  local more, less = 0, 0
  for _, line in ipairs(lines) do
    local mark = line:sub(1, 1)
    more, less = more + (mark == "+" and 1 or 0), less + (mark == "-" and 1 or 0)
  end
  return ("%d line%s more, %d less"):format(more, more == 1 and "" or "s", less)
end

local function add_file(lines, changes, path, old, new)
  if not old or not new then
    lines[#lines + 1] = ("%s file %s"):format(new and "+" or "-", path)
    return
  end
  local found = diff.lines(old, new)
  changes[path] = show.as_text(found, plain(table.concat(found, "\n")))
  lines[#lines + 1] = ("~ file %s: %s"):format(path, counted(found))
end

local function problem_lines(done)
  local lines = {}
  for _, kind in ipairs {"problem", "warning"} do
    for _, found in ipairs(done[kind .. "s"]) do
      lines[#lines + 1] = ("%s: %s: %s"):format(kind, found.where, found.what)
    end
  end
  return lines
end

-- What is wrong now and was not before.
local function add_problems(lines, old, new)
  local known = {}
  for _, line in ipairs(problem_lines(old)) do known[line] = true end
  for _, line in ipairs(problem_lines(new)) do lines[#lines + 1] = not known[line] and line or nil end
end

local function cut(text) return not text and "unset" or #text > LONG and text:sub(1, LONG) .. "..." or text end

--- Lines about all differences, and by path the lines that differ in each file.
---@param old {settings: table, plan?: table, done: Stages}
---@param new {settings: table, plan?: table, done: Stages}
---@return string[] lines
---@return table<string, table> changes
function compare.lines(old, new)
  local lines, changes = {}, {}
  each(texts(old.settings), texts(new.settings), function(name, before, after)
    lines[#lines + 1] = ("~ setting %s: %s -> %s"):format(name, cut(before), cut(after))
  end)
  if new.plan and old.plan then
    each(texts(old.plan.services), texts(new.plan.services), function(name, before, after)
      lines[#lines + 1] = ("%s service %s"):format(not before and "+" or not after and "-" or "~", name)
    end)
    each(file_texts(old.done), file_texts(new.done), function(...) add_file(lines, changes, ...) end)
  end
  add_problems(lines, old.done, new.done)
  return lines, changes
end

return compare
