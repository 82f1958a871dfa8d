-- EDGE
-- The shell on a terminal: reads chunks with line editing, runs them and shows their values, until Ctrl-D.

local catalog = require "input.catalog"
local complete = require "cli.shell.complete"
local edit = require "core.edit"
local file = require "core.file"
local help = require "cli.shell.help"
local helpers = require "cli.shell.helpers"
local history = require "cli.shell.history"
local live = require "cli.shell.live"
local plain = require("core.log").plain
local run = require "cli.shell.run"
local schema = require "settings.schema"
local scope = require "cli.shell.scope"
local show = require "cli.shell.show"
local system = require "core.system"
local tables = require "lib.tables"

local interact = {}

local NARROW, SLOW_MS = 20, 100
local METHODS = {"DELETE ", "GET ", "OPTIONS ", "PATCH ", "POST ", "PUT "}

local function route_words(shell)
  local words = {table.unpack(METHODS)}
  local plan = shell.done().plan
  for _, route in ipairs(plan and plan.routes.list or {}) do
    local path = route.template:match "^[^{*]*"
    for _, method in ipairs(METHODS) do words[#words + 1] = method .. path end
  end
  return words
end

-- By function: what its text may be.
local function words_for(shell)
  local function names_of(name)
    return function() return tables.keys(shell.look(name) or {}) end
  end
  local words = {
    help = function() return help.names(catalog.workers()) end, why = function() return helpers.subjects(shell) end,
    explain = function() return helpers.options(shell) end, route = function() return route_words(shell) end,
    render = function()
      local found = names_of "files"()
      for _, path in ipairs({table.unpack(found)}) do found[#found + 1] = path:match "[^/]+$" end
      return found
    end,
  }
  for name in pairs(shell.is_live and live.scope or {}) do words[name] = live.services end
  return words
end

local function tools(env, shell)
  return {
    names = shell.names,
    value = function(name)
      local value = rawget(env, name)
      if value == nil then value = shell.look(name) end
      if value == nil then value = _G[name] end
      return value
    end,
    words = words_for(shell),
    settings = function() return tables.keys(schema.owner) end,
    list = function(directory)
      local path = file.realpath(directory)
      return path and file.list(path, "")
    end,
  }
end

local function columns() return math.max(NARROW, edit.columns()) end

-- Completion must not write anything, nor end the shell.
local function completer(env, shell)
  local with = tools(env, shell)
  return function(before)
    shell.quiet = true
    local ok, insert, list = pcall(complete.at, before, with, columns())
    shell.quiet = false
    if ok then return insert, list end
  end
end

local function may_colour()
  local all = system.environment()
  return (all.NO_COLOR or "") == "" and all.TERM ~= "dumb"
end

-- A line, nil at the end, or false if Ctrl-C has dropped it.
local function read_line(prompt)
  local line, why = edit.read(prompt)
  if line and line:find "%S" then edit.remember(line) end
  if line then return line end
  io.stdout:write(why == "interrupted" and "^C\n" or "\n")
  if why == "interrupted" then return false end
end

-- Reads lines until they are a whole chunk.
local function read_chunk(env, name)
  local code
  while true do
    local line = read_line(code and ">> " or "> ")
    if not line then return line end
    code = code and code .. "\n" .. line or line
    local chunk, fault, unfinished = run.compile(code, env, name)
    if not unfinished then return code, chunk, fault end
  end
end

local function show_values(values, env, options)
  env._ = values[2]
  for at = 2, values.n do
    if values.n > 2 or values[at] ~= nil then io.stdout:write(show.value(values[at], options), "\n") end
  end
end

local function evaluate(chunk, env, colours)
  local began = system.now()
  local values = run.call(chunk, true)
  local took = system.now() - began
  if values[1] then
    -- What a value's own functions do while it is shown may fail or be ended too.
    local options = {width = columns(), colours = colours}
    values = run.call(function() show_values(values, env, options) end, true)
  end
  io.stdout:flush()
  if values[1] == nil then
    io.stderr:write "\ninterrupted\n" -- behind the ^C of the terminal
  elseif values[1] == false then
    io.stderr:write(plain(values[2]), "\n")
  end
  if took >= SLOW_MS then io.stdout:write(colours and "\27[2m" or "", ("(%.2f s)"):format(took / 1000),
    colours and "\27[0m" or "", "\n") end
end

--- Runs the shell. Needs terminals at standard input and output.
---@param is_live? boolean with functions that ask the running instance
---@return boolean done false if there is no line editing
---@return string? why
function interact.run(is_live)
  local env, _, shell = scope.new(is_live)
  local ok, why = edit.open(completer(env, shell))
  if not ok then return false, why end
  local lines, keep = history.open()
  for _, line in ipairs(lines) do edit.remember(line) end
  local colours = may_colour()
  io.stdout:write "synlua's Lua shell: help() lists what is here, Tab completes, Ctrl-D ends it\n"
  local number = 0
  while true do
    number = number + 1
    local code, chunk, fault = read_chunk(env, "chunk " .. number)
    if code == nil then break end
    if code and code:find "%S" then
      local lost = keep(code)
      if lost then io.stderr:write("synlua: the history is not kept: ", lost, "\n") end
      if chunk then
        evaluate(chunk, env, colours)
      else
        io.stderr:write(plain(run.with_line(fault)), "\n")
      end
    end
  end
  edit.close()
  return true
end

return interact
