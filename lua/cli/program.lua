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
local NOT_RUN = 126

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

--- Replaces this process by the program. Returns only if that fails.
---@param path string
---@param arguments string[]
---@return integer status
function program.run(path, arguments)
  local environment, list = system.environment(), {}
  environment.PATH = path_of(environment)
  for name, value in tables.sorted(environment) do list[#list + 1] = name .. "=" .. value end
  local _, why = process.exec {argv = {path, table.unpack(arguments)}, environment = list}
  io.stderr:write("synlua: ", why, "\n")
  return NOT_RUN
end

return program
