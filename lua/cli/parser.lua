-- EDGE
-- The one parser of all commands. Every description fits beside its name in 80 columns.

local argparse = require "argparse"

local SECONDS = "60"

local function whole(text)
  local number = math.tointeger(tonumber(text))
  return number and number >= 0 and number or nil, "must be a whole number"
end

local function add_live(command)
  command:flag("--live", "with the variables of the running instance")
  return command
end

-- The commands that talk to the running instance.
local function add_control(parser)
  local status = parser:command("status", "Show what runs: state, pid, restarts, CPU, memory.")
  status:flag("--json", "for programs")
  status:flag("--watch", "again every 2 seconds, until Ctrl-C")
  parser:command("top", "The same on a whole terminal, with keys.")
  parser:command("health", "One line, and 0 (healthy or starting) or 1.")
  for _, verb in ipairs {{"start", "Start services"}, {"stop", "Stop services until a start"},
    {"restart", "Restart services"}} do
    local command = parser:command(verb[1], verb[2] .. ", and wait until it is done.")
    command:argument("names", "names of services, as status lists them"):args "+"
    command:option("--timeout", "how many seconds to wait"):default(SECONDS):convert(whole):target "seconds"
  end
  local reload = parser:command("reload", "Take over changed files without a restart.")
  reload:argument("names", "only nginx, which is the default"):args "*"
  local logs = parser:command("logs", "Show the last lines of services.")
  logs:argument("names", "names of services, or synlua; none: everything"):args "*"
  logs:option("-n --lines", "how many"):default("50"):convert(whole)
  logs:flag("-f --follow", "go on with new lines until Ctrl-C")
end

-- The commands for jobs of the running instance.
local function add_job(parser)
  local job = parser:command("job", "List, run and stop jobs.")
  job:command_target "action"
  job:command("list", "When each runs next, and how its last run ended."):flag("--json", "for programs")
  local run = job:command("run", "Run a job now.")
  run:argument("name", "name of the job")
  run:flag("-f --follow", "show its lines, and wait until it has ended")
  local history = job:command("history", "Show the last runs.")
  history:argument("name", "name of a job; none: all"):args "?"
  history:flag("--json", "for programs")
  job:command("stop", "End a run, and wait until it has ended."):argument("name", "name of the job")
end

local function add_database(parser)
  parser:command("migrate-database", "Move from SQLite to PostgreSQL; nothing may run.")
  local upgrade = parser:command("upgrade-database", "Move the built-in PostgreSQL to a newer version.")
  upgrade:mutex(upgrade:flag("--dump", "only write a dump, for an image with the newer version"),
    upgrade:flag("--remove-old", "remove what is left of versions before"))
end

local function add_backup(parser)
  local backup = add_live(parser:command("backup", "Back up everything while it runs."))
  backup:argument("directory", "where to; default: SYNLUA_BACKUP_DIR"):args "?"
  backup:option("--media", "in place of SYNLUA_BACKUP_MEDIA"):choices {"link", "whole", "list"}
  backup:flag("--before-upgrade", "only before a newer Synapse, and once"):target "is_before"
  local restore = parser:command("restore", "Restore a backup into an empty data directory.")
  restore:argument("backup", "the directory of the backup")
  restore:flag("--check", "only see whether it can be restored")
  restore:option("--identity", "file of age's secret key, if it is encrypted")
  for _, command in ipairs {backup, restore} do
    command:flag("--no-rehearsal", "do not load the database into a scratch one"):target "skips_rehearsal"
  end
end

-- What belongs to the command line itself.
local function add_own(parser)
  local help = parser:command("help", "Describe a command.")
  help:argument("words", "the command"):args "*"
  help._is_help_command = true -- so that completion offers the commands
  parser:command("version", "Print the versions of synlua and of what it uses.")
  parser:command("man", "Print the manual page.")
  parser:command("completion", "Print the completion for a shell.")
    :argument("shell", "which one"):choices {"bash", "zsh", "fish"}
  parser:flag("--version", "Print the versions."):action(function()
    require("cli.commands.version")()
    os.exit(0)
  end)
end

-- The commands that manage users on the running homeserver.
local function add_user(parser)
  local user = parser:command("user", "Manage users.")
  user:command_target "action"
  local function verb(name, what)
    local command = user:command(name, what)
    command:argument("name", "local part of the user id")
    return command
  end
  local add = verb("add", "Create a user on the running homeserver.")
  add:flag("--admin", "make it a server administrator")
  user:command("list", "List all users."):flag("--json", "for programs")
  local passwd = verb("passwd", "Set a user's password.")
  passwd:flag("--keep-sessions", "do not log the user out everywhere")
  for _, command in ipairs {add, passwd} do
    command:option("--password-file", "read the password from this file, or stdin (-)")
  end
  verb("deactivate", "Deactivate a user: log out, leave all rooms.")
  verb("admin", "Make a user a server administrator."):flag("--revoke", "make it none")
end

local function days(text)
  local number = whole(text)
  return number and number > 0 and number or nil, "must be a whole number above 0"
end

-- What nobody needs any more.
local function add_housekeeping(parser)
  local command = add_live(parser:command("housekeeping", "Remove old media, empty rooms, old logs."))
  command:argument("name", "what; all: each whose variable is set")
    :choices {"remote-media", "local-media", "empty-rooms", "logs", "all"}
  command:flag("--dry-run", "only say what it would free")
  command:option("--days", "how old, instead of what its variable says"):convert(days)
end

-- The commands that look after files of the user directory.
local function add_override(parser)
  local override = parser:command("override", "Look after the files of the user directory.")
  override:command_target "action"
  override:command("list", "Say of each file whether it is used, and why not.")
    :flag("--json", "for programs")
  override:command("copy", "Copy a shipped file, to change it.")
    :argument("name", "services/nginx.lua, nginx.conf, typing, ...")
  override:command("diff", "Show how a file differs from the shipped one.")
    :argument("name", "services/nginx.lua, nginx.conf, typing, ...")
  local new = override:command("new", "Make the start of a new file.")
  new:argument("kind", "what it is"):choices {"worker", "service", "job", "hook", "slot"}
  new:argument("name", "its name; of a hook settings, plan, files or on; of a slot nginx.conf.d/location/own.conf")
end

-- Takes every call, for a command that is left out.
local NOTHING = setmetatable({}, {__index = function() return function(nothing) return nothing end end,
  __newindex = function() end})

-- Leaves out all commands but one, because making them all takes longer than parsing.
local function leave_out(parser, verb)
  local make = parser.command
  function parser:command(name, ...) return name == verb and make(self, name, ...) or NOTHING end
end

---@param only? string the one command that is needed
---@return table
return function(only)
  local parser = argparse("synlua", "Runs a Matrix homeserver: Synapse and all that belongs to it.")
  if only then leave_out(parser, only) end
  parser:command_target "command"
  parser:require_command(true)
  parser:help_max_width(80)
  add_own(parser)
  parser:command("run", "Start everything and keep it running (the default).")
    :flag("-v --verbose", "on a terminal, show every line of services")
  for _, verb in ipairs {"generate", "migrate_config"} do
    parser:command(verb, "Make homeserver.yaml and all keys; start nothing.")
  end
  parser:command("exec", "Run another program in the same environment.")
  parser:command("check", "Validate everything, nginx -t included.")
  local render = parser:command("render", "Write the files of a start below a directory.")
  render:argument("directory", "where to write; made if missing")
  local plan = add_live(parser:command("plan", "Show what would run."))
  plan:mutex(plan:flag("--json", "for programs"), plan:flag("--svg", "a picture: processes, sockets, who serves what"))
  local route = add_live(parser:command("route", "Show which process serves a request."))
  route:argument("method", "GET, PUT, ...; or -: read lines of METHOD PATH")
  route:argument("path", "perhaps with a query"):args "?"
  local explain = add_live(parser:command("explain", "Show an option of Synapse, and which layer set it."))
  explain:argument("key", "the option, as database.args.host")
  add_live(parser:command("diff", "Show what the next start would change, if anything."))
  local leave = parser:command("leave", "Write homeserver.yaml for Synapse without synlua.")
  leave:argument("file", "default: homeserver.leave.yaml in its directory"):args "?"
  local env = parser:command("env", "List every environment variable.")
  env:flag("--markdown", "as tables")
  add_control(parser)
  local eval = parser:command("eval", "A Lua shell over settings, plan and files.")
  eval:option("-e", "run this code and print its values"):target "code"
  eval:flag("--json", "print values as JSON, one on a line")
  eval:flag("--live", "ask the running instance, with its variables")
  eval:argument("script", "a Lua file to run, with the arguments after it; - is standard input"):args "?"
  eval:argument("arguments"):args "*"
  add_database(parser)
  add_backup(parser)
  parser:command("psql", "PostgreSQL's client on Synapse's database.")
  add_job(parser)
  add_user(parser)
  add_housekeeping(parser)
  add_override(parser)
  return parser
end
