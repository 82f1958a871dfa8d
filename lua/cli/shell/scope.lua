-- EDGE
-- The variables and functions of the shell. Each variable is worked out at its first use, so that `eval -e '1 + 1'`
-- needs no configuration.

local catalog = require "input.catalog"
local configuration = require "cli.configuration"
local distance = require "lib.distance"
local helpers = require "cli.shell.helpers"
local live = require "cli.shell.live"
local log = require "core.log"
local origin = require "cli.shell.origin"
local readable = require "cli.readable"
local schema = require "settings.schema"
local secret_options = require "lib.secret_options"
local show = require "cli.shell.show"
local system = require "core.system"
local tables = require "lib.tables"
local unknown = require "settings.unknown"

local scope = {}

---@class Shell
---@field done fun(): Stages the stages under the shell's own variables
---@field input fun(): Input
---@field reload fun()
---@field names fun(): string[] the names of the scope, for completion
---@field is_live? boolean with functions that ask the running instance
---@field quiet? boolean problems are not reported while Tab looks for names

local make = {}

function make.env()
  local shown, notes = {}, {}
  for name, value in pairs(system.environment()) do
    local stem = unknown.stem(name)
    local entry = schema.owner[stem]
    if entry or name:find "^SYNAPSE_CONFIG__" then
      local hides = name == stem and (entry and entry.secret or secret_options.is_name(stem))
      shown[name] = hides and "(secret)" or value
      notes[name] = name ~= stem and "a file with the value of " .. stem or nil
    end
  end
  return show.strict(shown, "variable", notes, schema.owner)
end

function make.settings(shell) return show.settings(shell.done().settings, schema.entries) end

function make.plan(shell) return show.plan(shell.done().plan, schema.owner) end

function make.routes(shell)
  local plan = shell.done().plan
  local list = {}
  for at, route in ipairs(plan and plan.routes.list or {}) do
    list[at] = {template = route.template, rules = route.rules, any = route.any}
  end
  return plan and {list = list, pools = plan.routes.pools}
end

function make.files(shell)
  local done, list, notes = shell.done(), {}, {}
  for _, file in ipairs(done.files) do
    local path = file.base .. "/" .. file.path
    list[path] = readable.is_secret(file) and "(secret)" or readable.bytes(done, file)
    notes[path] = "made by " .. (file.made_by or "synlua")
  end
  return show.strict(list, "file", notes)
end

function make.services(shell)
  local done, notes = shell.done(), {}
  local list = done.plan and tables.copy(show.plan(done.plan, schema.owner).services) or {}
  for name in pairs(list) do notes[name] = origin.file("services", done.view.services.owners[name] .. ".lua") end
  return show.strict(list, "service", notes)
end

function make.workers(shell)
  local list, notes = {}, {}
  for name, kind in pairs(catalog.workers()) do
    list[name], notes[name] = tables.copy(kind), origin.file("workers", name .. ".lua")
  end
  getmetatable(show.strict(list, "worker type", notes)).__call = function() return helpers.workers(shell) end
  return list
end

function make.templates(shell)
  local list, notes = {}, {}
  for name, found in pairs(shell.input().templates) do list[name], notes[name] = found.text, found.path end
  return show.strict(list, "template", notes)
end

function make.problems(shell) return shell.done().problems end
function make.warnings(shell) return shell.done().warnings end

local function new_shell()
  local shell, done, input, reported, variables = {}, nil, nil, false, nil
  local function work()
    if not done then done, input = configuration.make {variables = variables} end
    if not shell.quiet and not reported then
      reported = true
      if #done.problems + #done.warnings > 0 then
        io.stderr:write(log.plain(require("settings.report").format(done.problems, done.warnings)))
      end
    end
  end
  function shell.done()
    work()
    return done
  end
  function shell.input()
    work()
    return input
  end
  function shell.reload(other_variables)
    done, reported, variables = nil, false, other_variables or variables
    shell.forget()
  end
  return shell
end

local function known_names(more, functions)
  local names = {}
  for _, list in ipairs {make, functions, _G, more} do
    for name in pairs(list) do names[name] = true end
  end
  return tables.keys(names)
end

local function unknown_name(name, names)
  if live.scope[name] then return ("%s is there with synlua eval --live"):format(name) end
  local meant = distance.nearest(tostring(name), names)
  return ("nothing is called %s here%s"):format(tostring(name), meant and (", did you mean %s?"):format(meant)
    or "; help() lists what is")
end

--- A new scope.
---@param is_live? boolean with functions that ask the running instance
---@return table env for code: an unknown name raises
---@return fun(name: string): any look a variable of the scope, or nil
---@return Shell shell
function scope.new(is_live)
  local shell, values, functions = new_shell(), {}, tables.copy(helpers.scope)
  for name, fn in pairs(is_live and live.scope or {}) do functions[name] = fn end
  local function look(name)
    if values[name] == nil and make[name] then values[name] = make[name](shell) end
    if values[name] == nil and functions[name] then
      values[name] = function(...) return functions[name](shell, ...) end
    end
    return values[name]
  end
  shell.look, shell.is_live = look, is_live
  function shell.forget() values = {} end
  local env = setmetatable({}, {__index = function(self, name)
    local value = look(name)
    if value == nil then value = _G[name] end
    if value ~= nil or make[name] then return value end
    error(unknown_name(name, known_names(self, functions)), 2)
  end})
  function shell.names() return known_names(env, functions) end
  return env, look, shell
end

return scope
