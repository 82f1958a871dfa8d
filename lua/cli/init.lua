-- EDGE
-- The command line. Each command is a file in cli/commands/.

local cli = {}

local EX_USAGE = 64

-- `run` also takes the arguments of the official image.
local UNREAD = {psql = true, exec = true, run = true}

-- `help VERB` is `VERB --help`, also where VERB hands on its arguments unread.
local function split_help(words)
  if words[1] ~= "help" then return end
  local parsed = {table.unpack(words, 2)}
  parsed[#parsed + 1] = "--help"
  return parsed
end

-- These commands pass on all of their arguments unread. `eval` does so with the arguments after the script.
local function split_script(words)
  local asks = words[1] == "run" and (words[2] == "--help" or words[2] == "-h")
  if UNREAD[words[1]] and not asks then return {words[1]}, {table.unpack(words, 2)} end
  if words[1] ~= "eval" then return words end
  local at = 2
  while words[at] == "--live" or words[at] == "--json" do at = at + 1 end
  if not words[at] or words[at]:find "^%-." then return words end
  return {table.unpack(words, 1, at)}, {table.unpack(words, at + 1)}
end

-- The command, and its own one below it, whose help says how to go on: "override new ". Empty where there is none.
local function meant_words(words)
  local command = require "cli.parser"()
  local made = ""
  for _, word in ipairs(words) do
    local found
    for _, one in ipairs(command._commands) do found = found or one._name == word and one end
    if not found then return made end
    command, made = found, made .. word .. " "
  end
  return made
end

-- Commands that share a file with another one.
local FILES = {start = "act", stop = "act", restart = "act", migrate_config = "generate"}

-- What these commands take, word by word.
local PLAIN = {check = {}, health = {}, plan = {}, render = {"directory"}, run = {}, top = {}}

-- With just these words there is nothing to parse. Health checks come every few seconds, and the parser would be a
-- quarter of their time.
local function plain(words)
  local names = PLAIN[words[1]]
  if not names or #words ~= #names + 1 then return end
  local arguments = {command = words[1]}
  for at, name in ipairs(names) do
    local word = words[at + 1]
    if word:sub(1, 1) == "-" then return end
    arguments[name] = word
  end
  return arguments
end

-- `help` may be asked about each command, so it needs the parser of all.
local function parse(verb, words)
  local arguments = plain(words)
  if arguments then return true, arguments end
  return require "cli.parser"(verb:match "^%a" and verb ~= "help" and verb or nil):pparse(words)
end

--- Runs one command.
---@param words string[]
---@return integer|nil exit status; nil: the loop goes on
function cli.run(words)
  -- Only a service and the instance itself run these, so they are in no list of commands.
  if words[1] == "hooks" then return require "cli.commands.hooks" {user = words[2]} end
  if words[1] == "replan" then return require "cli.commands.replan"() end
  local parsed, rest = split_help(words), nil
  if not parsed then parsed, rest = split_script(words) end
  local ok, arguments = parse(words[1], parsed)
  if not ok then
    io.stderr:write(("synlua: %s; synlua %s--help shows how\n"):format(arguments, meant_words(words)))
    return EX_USAGE
  end
  if rest then arguments.arguments = rest end
  local verb = arguments.command
  return require("cli.commands." .. (FILES[verb] or verb:gsub("-", "_")))(arguments)
end

return cli
