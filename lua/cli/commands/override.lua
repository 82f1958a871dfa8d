-- EDGE
-- `synlua override`: looks after the files of the user directory. It works also where they have problems.

local cleaned = require "cli.cleaned"
local contract = require "contract"
local diff = require "files.diff"
local dkjson = require "dkjson"
local files = require "cli.override.files"
local list = require "cli.override.list"
local overrides = require "input.overrides"
local plain = require("core.log").plain
local starts = require "cli.override.starts"
local user_directory = require "input.user_directory"
local versions = require "input.versions"

local EX_FAILED, EX_USAGE = 1, 64

local function fail(why, status)
  io.stderr:write("synlua: ", plain(why), "\n")
  return status or EX_USAGE
end

local actions = {}

function actions.list(arguments)
  local states, directory = list.make()
  if arguments.json then
    io.stdout:write(dkjson.encode(setmetatable(cleaned(states), {__jsontype = "array"}), {indent = true,
      keyorder = {"path", "state", "note"}}), "\n")
    return 0
  end
  if #states == 0 then io.stdout:write("there is no file in ", plain(directory), "\n") end
  for _, one in ipairs(states) do
    io.stdout:write(plain(("%-8s %s\n"):format(one.state, one.path)))
    if one.note then io.stdout:write("         ", plain(one.note), "\n") end
  end
  return 0
end

local function written(path, why)
  if not path then return fail(why, EX_FAILED) end
  io.stdout:write(plain(path), " is made; synlua check looks at it\n")
  return 0
end

function actions.copy(arguments)
  local relative, why = files.meant(arguments.name)
  if not relative then return fail(why) end
  return written(files.add(relative, files.copy(relative)))
end

-- The text of the user's file without what says which version it stands in for.
local function own_text(override)
  local text = override.text:gsub(", replaces = \"%w+\"", "", 1)
  return (text:gsub("^#? ?{# replaces: %w+ #}\n", "", 1))
end

local function find(relative)
  for name, override in overrides.all() do
    if name == relative then return override end
  end
end

-- How the user's file differs from the shipped one, as lines.
local function differences(override)
  local shipped, lines = versions.shipped(override.relative), {}
  if override.older then
    lines[1] = ("it stands in for %s; the shipped version is %s"):format(override.older ~= "" and override.older
      or "a version that it does not name", versions.of(shipped))
  end
  local found = diff.lines(shipped, own_text(override))
  return table.move(found, 1, #found, #lines + 1, lines), #found > 0
end

function actions.diff(arguments)
  user_directory.load() -- problems of other files do not matter here
  local relative, why = files.meant(arguments.name)
  if not relative then return fail(why) end
  local override = find(relative)
  if not override then return fail(("the user directory has no %s"):format(relative), EX_FAILED) end
  local lines, differs = differences(override)
  for _, line in ipairs(lines) do io.stdout:write(plain(line), "\n") end
  if not differs then io.stdout:write(relative, " is as the shipped one\n") end
  return differs and 1 or 0
end

local makers = {}

local function make_named(kind, folder)
  return function(name)
    if not name:find "^%l[%l%d_]*$" then return fail(("%s: a name has small letters, digits and _"):format(name)) end
    local relative = ("%s/%s.lua"):format(folder, name)
    if versions.shipped(relative) then
      return fail(("%s is shipped: synlua override copy %s"):format(relative, relative))
    end
    return written(files.add(relative, starts[kind](name)))
  end
end

makers.worker, makers.service = make_named("worker", "workers"), make_named("service", "services")
makers.job = make_named("job", "jobs")

function makers.hook(name)
  local start = starts.hook(name)
  if not start then
    return fail(("%s: the hooks are %s"):format(name, table.concat(starts.HOOKS, ", ")))
  end
  local path, why = files.add("init.lua", starts.init(name))
  if path then return written(path) end
  io.stdout:write(start):flush()
  return fail(why .. ": put the lines above into its table", EX_FAILED)
end

function makers.slot(name)
  local relative = "templates/" .. name:gsub("^templates/", "")
  local place, meant = contract.place(relative, {})
  if not place or place.kind ~= "slot" then
    return fail(("%s: a slot is named such as nginx.conf.d/location/own.conf%s"):format(name,
      meant and ("; did you mean %s?"):format(meant:gsub("^templates/", "")) or ""))
  end
  for _, slot in ipairs(contract.schema "slot".fields) do
    if slot.file == place.file and slot.name == place.slot then
      return written(files.add(relative, starts.slot(slot)))
    end
  end
end

function actions.new(arguments) return makers[arguments.kind](arguments.name) end

---@param arguments {action: string, name?: string, kind?: string, json?: boolean}
---@return integer
return function(arguments) return actions[arguments.action](arguments) end
