-- EDGE
-- The functions of the shell. Each gets the shell, and returns a value that is shown as text.

local changes = require "cli.changes"
local compare = require "cli.shell.compare"
local configuration = require "cli.configuration"
local catalog = require "input.catalog"
local distance = require "lib.distance"
local document = require "lib.document"
local help = require "cli.shell.help"
local json = require "cli.shell.json"
local live = require "cli.live"
local lookup = require "plan.routes.lookup"
local not_synapse = require "plan.routes.not_synapse"
local option_origins = require "cli.option_origins"
local installed = require "input.installed"
local origin = require "cli.shell.origin"
local plain = require("core.log").plain
local readable = require "cli.readable"
local plan_sources = require "cli.shell.plan_sources"
local report = require "settings.report"
local schema = require "settings.schema"
local show = require "cli.shell.show"
local started = require "cli.started"
local system = require "core.system"
local tables = require "lib.tables"
local unknown = require "settings.unknown"
local user_directory = require "input.user_directory"

local helpers = {scope = {}}

-- Values of files may hold control characters, which must not reach the terminal.
local function shown_as(value, words) return show.as_text(value, plain(words)) end

local function text(lines) return shown_as(lines, table.concat(lines, "\n")) end

local function did_you_mean(word, names)
  local meant = unknown.meant(word) or distance.nearest(word, names)
  return meant and (", did you mean %s?"):format(meant) or ""
end

local function planned(shell)
  local done = shell.done()
  if not done.plan or #done.problems > 0 then
    error(("there is no plan, because the configuration has %d problem%s: see `problems`"):format(#done.problems,
      #done.problems == 1 and "" or "s"), 0)
  end
  return done
end

local function add_options(names, value, prefix)
  if document.kind(value) ~= "map" then return end
  for key, inner in pairs(value) do
    local path = prefix .. document.path {key}
    names[path] = true
    add_options(names, inner, path .. ".")
  end
end

--- Every dotted option that some layer sets, sorted.
---@param shell Shell
---@return string[]
function helpers.options(shell)
  local names, done = {}, shell.done()
  if done.plan then add_options(names, done.view.homeserver.merged, "") end
  return tables.keys(names)
end

local function file_names(done)
  local names = {}
  for _, item in ipairs(done.files) do
    names[item.base .. "/" .. item.path], names[item.path:match "[^/]+$"] = true, true
  end
  return names
end

--- What why() may be asked about, sorted.
---@param shell Shell
---@return string[]
function helpers.subjects(shell)
  local done, names = shell.done(), {}
  for _, name in ipairs(helpers.options(shell)) do names[name] = true end
  for _, list in ipairs {schema.owner, catalog.workers(), done.plan and done.plan.services or {}, file_names(done)} do
    for name in pairs(list) do names[name] = true end
  end
  for name in pairs(done.plan and plan_sources.all() or {}) do names["plan." .. name] = true end
  return tables.keys(names)
end

function helpers.scope.help(_, subject)
  local name = subject
  if subject ~= nil and type(subject) ~= "string" then
    error("help takes a name, as in help \"why\"; help() lists all", 0)
  end
  local found = help.text(name, catalog.workers)
  if not found then
    error(("help knows nothing called %s%s"):format(name, did_you_mean(name, help.names(catalog.workers()))), 0)
  end
  return text {found}
end

function helpers.scope.why(shell, name)
  local lines = origin.why(shell.done(), tostring(name), catalog.workers())
  if not lines then
    planned(shell) -- without a plan, nothing is known of options, services and files
    error(("no layer sets %s%s"):format(name, did_you_mean(tostring(name), helpers.subjects(shell))), 0)
  end
  return text(lines)
end

function helpers.scope.explain(shell, key)
  local done = planned(shell)
  local lines = option_origins.lines(done.view, tostring(key), installed.secrets(done.settings.SYNLUA_SYNAPSE_PYTHON))
  if not lines then
    error(("no layer sets %s: Synapse uses its own default%s"):format(key, did_you_mean(tostring(key),
      helpers.options(shell))), 0)
  end
  return text(lines)
end

function helpers.scope.route(shell, method, target)
  local done = planned(shell)
  if not target then method, target = tostring(method):match "^%s*(%S+)%s+(%S+)%s*$" end
  if not target then error('route takes a method and a path, as in route "GET /_matrix/client/v3/sync"', 0) end
  local found = lookup.make(done.plan.routes, not_synapse.of(done.view))(method:upper(), target)
  return shown_as(found, (lookup.text(found):gsub("\n$", "")))
end

function helpers.scope.render(shell, name)
  local done, found = planned(shell), {}
  for _, item in ipairs(done.files) do
    local path = item.base .. "/" .. item.path
    if path == name or path:sub(-#name - 1) == "/" .. name then found[#found + 1] = item end
  end
  if #found == 0 then
    error(("no file is called %s%s"):format(name, did_you_mean(name, tables.keys(file_names(done)))), 0)
  elseif #found > 1 then
    error(("%d files are called %s: give the whole path"):format(#found, name), 0)
  end
  local bytes = readable.is_secret(found[1]) and "(secret)" or readable.bytes(done, found[1])
  return text {(bytes:gsub("\n$", ""))}
end

function helpers.scope.diff(shell)
  local lines = changes.lines(planned(shell), shell.input())
  return #lines > 0 and text(lines) or show.as_text({}, "the next start changes no file")
end

local function variables_of(asked)
  local variables = {}
  for name, value in pairs(asked) do
    if not schema.owner[name] and not tostring(name):find "^SYNAPSE_CONFIG__" then
      error(("no variable is called %s%s"):format(name, did_you_mean(tostring(name), {})), 0)
    end
    variables[name] = type(value) == "boolean" and (value and "yes" or "") or tostring(value)
    variables[name .. "_FILE"] = ""
  end
  return variables
end

local function side(done)
  return {done = done, settings = show.settings(done.settings, schema.entries),
    plan = show.plan(done.plan, schema.owner)}
end

-- Synapse reads the admin's files itself, so a change of them need not change a file of a start.
local function option_changes(before, after)
  if not (before.plan and after.plan) then return {} end
  local secrets, lines = installed.secrets(after.done.settings.SYNLUA_SYNAPSE_PYTHON), {}
  for at, line in ipairs(started.changes(started.options(before.done.view, "", secrets),
    started.options(after.done.view, "", secrets))) do
    lines[at] = line:gsub("^.", "%0 option ", 1)
  end
  return lines
end

-- What differs between two runs of the stages, as lines and by file.
local function compared(before, after)
  local lines, changed = compare.lines(before, after)
  local options = option_changes(before, after)
  table.move(options, 1, #options, #lines + 1, lines)
  local result = {settings = after.settings, plan = after.plan, problems = after.done.problems, lines = lines,
    changes = changed}
  return shown_as(result, #lines > 0 and table.concat(lines, "\n") or "nothing differs")
end

function helpers.scope.try(shell, asked)
  if type(asked) ~= "table" then error('try takes a table, as in try{SYNAPSE_WORKER_TYPES = "typing"}', 0) end
  return compared(side(shell.done()), side((configuration.make {variables = variables_of(asked)})))
end

-- With --live the variables are those of the instance that runs now.
function helpers.scope.reload(shell)
  local before, variables = side(shell.done()), nil
  if shell.is_live then
    local why
    variables, why = live.variables()
    if not variables then error(why, 0) end
    for name in pairs(system.environment()) do variables[name] = variables[name] or "" end
  end
  local problems = user_directory.load()
  if #problems > 0 then error(plain((report.format(problems, {}):gsub("\n$", ""))), 0) end
  shell.reload(variables)
  return compared(before, side(shell.done()))
end

function helpers.scope.json(_, value) return text {json.text(value)} end

--- The workers of the plan.
---@param shell Shell
---@return table
function helpers.workers(shell)
  local done, lines, list = planned(shell), {}, {}
  for at = 2, #done.plan.instances do
    local instance = done.plan.instances[at]
    list[#list + 1] = tables.copy(instance)
    lines[#lines + 1] = ("%-24s %s"):format(instance.name, table.concat(instance.types, ", "))
  end
  local none = "no workers: the main process serves everything"
  return shown_as(list, #lines > 0 and table.concat(lines, "\n") or none)
end

return helpers
