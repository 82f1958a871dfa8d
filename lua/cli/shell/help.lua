-- What is in the scope of the shell, in words.

local default_text = require "settings.default"
local schema = require "settings.schema"
local tables = require "lib.tables"
local written = require "cli.shell.written"

local help = {}

--- The variables of the shell, in the order in which help() lists them.
help.VARIABLES = {
  {"env", "the environment variables that synlua reads here"},
  {"settings", "every variable with its value, and what set it"},
  {"plan", "what would run"},
  {"routes", "the requests that workers serve, and their pools"},
  {"files", "every file that a start writes, by its path; the text without secrets"},
  {"services", "what is started, by name"},
  {"workers", "every worker type; workers() lists the workers of the plan"},
  {"templates", "the templates of files, by name"},
  {"problems", "what is wrong with the configuration"},
  {"warnings", "what may be wrong with it"},
}

--- The functions, with an example of each.
help.FUNCTIONS = {
  {"help", 'help "why"', "about a function, variable, setting or worker type"},
  {"why", 'why "stream_writers.typing"', "which layer, variable, file or worker type set it"},
  {"explain", 'explain "database.args"', "an option of Synapse, and what lower layers say"},
  {"route", 'route "GET /_matrix/client/v3/sync"', "which process serves a request"},
  {"render", 'render "nginx.conf"', "the text of a file that a start writes"},
  {"diff", "diff()", "what the next start would change in files"},
  {"try", 'try{SYNAPSE_WORKER_TYPES = "typing"}', "what would differ with other variables"},
  {"json", "json(plan.budget)", "a value as JSON"},
  {"reload", "reload()", "reads variables and files again, and says what differs"},
}

--- The functions that ask the running instance, with --live.
help.LIVE = {
  {"status", "status()", 'what runs; status "nginx": one service'},
  {"logs", 'logs("synapse", 50)', "the last lines of services; none: of all"},
  {"events", "for e in events() do ... end", "what happens from now on; events(10): the last 10 first"},
  {"metrics", "metrics()", "synlua's own metrics, by their names"},
  {"start", 'start "nginx"', "starts services, and waits until that is done"},
  {"stop", 'stop "nginx"', "stops services"},
  {"restart", 'restart("nginx", 60)', "starts them again; at most so many seconds"},
  {"env_of", 'env_of "synapse"', "the variables of a service, without secrets"},
}

local function row(left, right) return ("  %-40s %s"):format(left, right) end

local function overview()
  local lines = {"Variables, worked out when they are used:"}
  for _, item in ipairs(help.VARIABLES) do lines[#lines + 1] = row(item[1], item[2]) end
  lines[#lines + 1] = "Functions:"
  for _, item in ipairs(help.FUNCTIONS) do lines[#lines + 1] = row(item[2], item[3]) end
  lines[#lines + 1] = "Functions that ask the running instance, with synlua eval --live:"
  for _, item in ipairs(help.LIVE) do lines[#lines + 1] = row(item[2], item[3]) end
  lines[#lines + 1] = "help \"service\", \"worker\", \"hooks\" or \"view\": what files of the user directory may hold."
  lines[#lines + 1] = "Tab completes, Ctrl-R searches the history, Ctrl-C ends what runs, Ctrl-D ends the shell. "
    .. "_ is the last value."
  return table.concat(lines, "\n")
end

local function setting(name)
  local entry = schema.owner[name]
  if not entry then return end
  local lines, default = {("%s: %s"):format(entry.name, entry.doc)}, default_text(entry)
  if default ~= "" then lines[#lines + 1] = "  default: " .. default end
  if entry.option then lines[#lines + 1] = "  sets Synapse's option " .. entry.option end
  if entry.aliases then lines[#lines + 1] = "  also called " .. table.concat(entry.aliases, ", ") end
  return table.concat(lines, "\n")
end

local function in_scope(name)
  for _, list in ipairs {help.FUNCTIONS, help.LIVE} do
    for _, item in ipairs(list) do
      if item[1] == name then
        return ("%s\n  for example: %s%s"):format(item[3], item[2],
          list == help.LIVE and "\n  with synlua eval --live" or "")
      end
    end
  end
  for _, item in ipairs(help.VARIABLES) do
    if item[1] == name then return ("%s: %s"):format(name, item[2]) end
  end
end

--- The text about a name; without one, about all. nil if nothing has that name.
---@param name? string
---@param types fun(): table<string, WorkerType>
---@return string?
function help.text(name, types)
  if name == nil then return overview() end
  local found = in_scope(name) or setting(name)
  if found then return found end
  local kind = types()[name]
  return kind and ("%s: a worker type. %s"):format(name, kind.doc or "") or written.text(name)
end

--- All names that help knows, sorted.
---@param types table<string, WorkerType>
---@return string[]
function help.names(types)
  local names = {}
  for _, list in ipairs {help.VARIABLES, help.FUNCTIONS, help.LIVE} do
    for _, item in ipairs(list) do names[item[1]] = true end
  end
  for _, name in ipairs(written.names()) do names[name] = true end
  for name in pairs(types) do names[name] = true end
  for name in pairs(schema.owner) do names[name] = true end
  return tables.keys(names)
end

return help
