-- EDGE
-- Replaces synlua by another program, with the same environment.

local file = require "core.file"
local input_environment = require "input.environment"
local octal = require "lib.octal"
local process = require "core.process"
local system = require "core.system"
local tables = require "lib.tables"

local program = {}

local PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
local NOT_RUN, EX_UNAVAILABLE = 126, 69

-- Synapse's own tools are in the directory of its Python, so PATH gets that directory too.
local function path_of(environment)
  local python, path = input_environment.places(environment).python, environment.PATH
  return ("%s:%s"):format(path ~= "" and path or PATH, python:match "^(.*)/")
end

local function is_program(path)
  local stat = file.stat(path)
  return stat ~= nil and stat.kind == "file" and stat.mode & octal "0111" ~= 0
end

--- The path of a command, or nil.
---@param name string
---@return string?
function program.find(name)
  if name:find("/", 1, true) then
    if not is_program(name) then return end
    return name:sub(1, 1) == "/" and name or file.realpath "." .. "/" .. name
  end
  for directory in path_of(system.environment()):gmatch "[^:]+" do
    if is_program(directory .. "/" .. name) then return directory .. "/" .. name end
  end
end

-- Returns only where that fails.
local function become(part, status)
  local _, why = process.exec(part)
  io.stderr:write("synlua: ", why, "\n")
  return status
end

--- Replaces this process by the program. Returns only if that fails.
---@param path string
---@param arguments string[]
---@return integer status
function program.run(path, arguments)
  local environment, list = system.environment(), {}
  environment.PATH = path_of(environment)
  for name, value in tables.sorted(environment) do list[#list + 1] = name .. "=" .. value end
  return become({argv = {path, table.unpack(arguments)}, environment = list}, NOT_RUN)
end

-- The current directory, or / if the user cannot use it: psql writes a line about such a directory.
local function directory_for(user)
  local here = file.realpath "."
  return here and (not user.drop or file.list_as(user, here)) and here or "/"
end

--- Becomes a program of a service's user, who has nothing of synlua's environment; returns only where that fails.
---@param user User
---@param part {argv: string[], environment?: string[], cwd?: string, input?: string} input: it finds that on stdin
---@return integer status
function program.as_user(user, part)
  local list = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
  for _, variable in ipairs(part.environment or {}) do list[#list + 1] = variable end
  return become({argv = part.argv, environment = list, cwd = part.cwd or directory_for(user),
    input = part.input, uid = user.drop and user.uid, gid = user.drop and user.gid}, EX_UNAVAILABLE)
end

--- The same as Synapse's user.
---@param view View
---@param part table
---@return integer status
function program.as_synapse(view, part) return program.as_user(view.users.synapse, part) end

return program
