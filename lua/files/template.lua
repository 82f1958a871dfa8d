-- Strict templates for text formats. A value enters the text only through the quoting function of the format.
--
--   {{ path.to.value }}          the value, quoted
--   {{ raw path }}               text that the program itself marked by template.raw, not quoted
--   {% for item in path %} ... {% end %}
--   {% if path %} ... {% elseif not path %} ... {% else %} ... {% end %}
--   {% slot name %}             what the admin adds at this place; nothing where nothing was added
--   {# comment, of any number of lines #}
--
-- A path is names joined by dots. Its first name is looked up among the loop variables around it, then in the values.
-- A path that leads to nothing is an error, also in `if`, so an unset value must be false. False and an empty table are
-- false, everything else is true. A line that has only block tags and comments is left out of the text.
-- There are no expressions. A tag other than a comment ends on the line where it began.

local parse = require "files.template.parse"
local render = require "files.template.render"

local template = {raw = render.raw, render = render.run}

---@class template.problem
---@field where string template, line and column: "templates/nginx.conf:12:5"
---@field what string
---@field hint string

---@class template.compiled
---@field problem fun(at: integer, what: string, hint: string): template.problem of an operation
---@field code table[] operations in order; `to` is where one jumps
---@field slots table<string, boolean> names of its slots

local function emit(unit, op)
  unit.code[#unit.code + 1] = op
  return op
end

-- Adds an operation that reads a path. Its first name means the innermost loop variable of that name.
local function read(unit, op)
  for depth = #unit.blocks, 1, -1 do
    if unit.blocks[depth].item == op.path[1] then
      op.slot = depth
      break
    end
  end
  return emit(unit, op)
end

-- Ends a branch. If it was run, rendering jumps behind `end`; if its test failed, rendering continues here.
local function branch(unit, word)
  local block = unit.blocks[#unit.blocks]
  if not block or block.op ~= "if" then return nil, word .. " without if" end
  if not block.test then return nil, word .. " after else" end
  block.exits[#block.exits + 1] = emit(unit, {op = "jump"})
  block.test.to = #unit.code + 1
  block.test = nil
  return block
end

-- One function per statement. Each returns a true value, or nil and the error.
local statements = {put = read, raw = read}

statements["for"] = function(unit, op)
  read(unit, op)
  unit.blocks[#unit.blocks + 1] = {op = "for", at = op.at, item = op.item, test = op, body = #unit.code + 1}
  op.depth = #unit.blocks
  return op
end

statements["if"] = function(unit, op)
  read(unit, op)
  unit.blocks[#unit.blocks + 1] = {op = "if", at = op.at, test = op, exits = {}}
  return op
end

statements["elseif"] = function(unit, op)
  local block, what = branch(unit, "elseif")
  if not block then return nil, what end
  op.op = "if"
  block.test = read(unit, op)
  return op
end

function statements.slot(unit, op)
  unit.slots[op.name] = true
  return emit(unit, op)
end

statements["else"] = function(unit) return branch(unit, "else") end

statements["end"] = function(unit)
  local depth = #unit.blocks
  local block = table.remove(unit.blocks)
  if not block then return nil, "end without for or if" end
  if block.op == "for" then emit(unit, {op = "next", depth = depth, to = block.body}) end
  local after = #unit.code + 1
  if block.test then block.test.to = after end
  for _, exit in ipairs(block.exits or {}) do exit.to = after end
  return block
end

local function maker_of_problems(text, name)
  return function(at, what, hint)
    return {where = ("%s:%s"):format(name, parse.place(text, at)), what = what, hint = hint}
  end
end

--- Compiles a template.
---@param text string
---@param name string what problems call it, such as "templates/nginx.conf"
---@return template.compiled?
---@return template.problem?
function template.compile(text, name)
  local problem = maker_of_problems(text, name)
  local items, at, what, hint = parse.text(text)
  if not items then return nil, problem(at, what, hint) end
  local unit = {code = {}, blocks = {}, slots = {}}
  for _, item in ipairs(items) do
    if type(item) == "string" then
      emit(unit, {op = "text", text = item})
    else
      local done, fault = statements[item.op](unit, item)
      if not done then return nil, problem(item.at, fault, "every for or if has exactly one end") end
    end
  end
  local open = unit.blocks[#unit.blocks]
  if open then return nil, problem(open.at, open.op .. " without end", "add {% end %}") end
  return {problem = problem, code = unit.code, slots = unit.slots}
end

--- The same for a shipped template. The bundle has it compiled already, unless the file has changed since.
---@param short string name of the file below templates/
---@param text string
---@param name string
---@return template.compiled?
---@return template.problem?
function template.shipped(short, text, name)
  local found, made = pcall(require, "templates/" .. short)
  package.loaded["templates/" .. short] = nil -- it is used once, and synlua may run for months
  if not found then return template.compile(text, name) end
  return {problem = maker_of_problems(text, name), code = made.code, slots = made.slots}
end

return template
