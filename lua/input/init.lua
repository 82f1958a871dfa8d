-- EDGE
-- Stage 1 reads everything from outside once: the environment and the files that it names, the admin's homeserver.yaml,
-- the existing keys, facts about the host, and templates.

local appservices = require "input.appservices"
local certificate = require "input.certificate"
local copies = require "input.copies"
local document = require "lib.document"
local environment = require "input.environment"
local file = require "core.file"
local host = require "input.host"
local installed = require "input.installed"
local log_config = require "input.log_config"
local nginx_version = require "input.nginx_version"
local overrides = require "input.overrides"
local pieces = require "input.pieces"
local proxy_names = require "input.proxy_names"
local records = require "lib.records"
local relative_paths = require "input.relative_paths"
local service_user = require "input.service_user"
local store = require "input.store"
local system = require "core.system"
local well_known = require "input.well_known"
local yaml = require "input.yaml"

local input = {}

---@class Input
---@field environment table<string, string>
---@field places Places
---@field files table<string, {text?: string, error?: string}>
---@field container boolean
---@field homeserver_exists boolean
---@field homeserver? {path: string, document: table, info: table, beside?: Layer[]} beside: conf.d
---@field above? Layer[] homeserver.d and SYNAPSE_CONFIG__ variables
---@field known? table<string, boolean> options that the installed Synapse has and our list has not
---@field cwd? string directory from which relative paths go
---@field log_config? {path: string, document?: table} the admin's own
---@field well_known? {path: string, document: any}
---@field migrates? boolean the plan is that of moving SQLite's content; set by cli/configuration.lua
---@field upgrades? "dump"|"move" the plan is that of moving the built-in PostgreSQL to a newer version; set there too
---@field restores? boolean the plan is that of a restore; set by cli/configuration.lua
---@field trial? boolean nginx only tries the plan; set by cli/configuration.lua
---@field validity? Validity from when to when nginx's certificate is good; set by cli/commands/run.lua
---@field problems Problem[] of reading
---@field warnings Problem[]
---@field appservices Registration[]
---@field host Host
---@field copies table<string, string> files that Synapse cannot read where they are: path -> bytes
---@field tls_copies table<string, string> certificate and key that nginx's user cannot read: path -> bytes
---@field nginx? string the version of nginx, where TLS needs it and it can be told
---@field cwd_closed? boolean Synapse's user cannot enter cwd
---@field reader Reader for what Synapse may have written
---@field keys table<string, boolean> names of the key files in the data directory
---@field manhole? string the password of manholes that is kept in the data directory
---@field metrics_token? string the token of the metrics address that is kept there
---@field metrics_token_owner? integer uid
---@field turn? TurnInput where coturn is asked for
---@field store Store what the data directory holds
---@field synapse? Synapse what is installed, where that can be told
---@field listener? string the program that the service `hooks` runs; set by cli/configuration.lua
---@field hooked? table<string, string> variables that init.lua has changed -> where; set by stages.lua
---@field worker_types table<string, WorkerType> set by cli/configuration.lua
---@field jobs table<string, Job> set by cli/configuration.lua
---@field zones table<string, string> the files of their time zones; set by cli/configuration.lua
---@field templates table<string, {path: string, text: string, replaced?: boolean}> replaced: by the admin
---@field pieces table<string, table<string, Piece[]>> what the admin adds to them: template -> slot -> pieces
---@field resolved table<string, Resolved> host names of trusted proxies
---@field programs table<string, string> those of synlua's own that others must be able to read

local function read_programs(home)
  local programs = {}
  for _, name in ipairs {"forkserver.py", "immortal.py"} do
    programs[name] = assert(file.read(home .. "/core/process/" .. name))
  end
  -- In a checkout, or where it is installed. Without it nothing is made immortal, and the fork server says so only if
  -- SYNLUA_IMMORTAL_HEAP=yes.
  programs["libimmortal.so"] = file.read(home .. "/build/libimmortal.so") or file.read(home .. "/libimmortal.so") or ""
  return programs
end

-- Facts that are only read if the merged document needs them.
local function add_facts(made, merged)
  local given, places = merged or document.map {}, made.places
  local names = {}
  for key in pairs(given) do names[#names + 1] = type(key) == "string" and key or nil end
  made.known = installed.options(names, places.python)
  local what
  made.cwd, what = relative_paths.directory(relative_paths.of(given),
    {places.data, places.homeserver:match "^(.*)/", "/"}, function(path) return file.stat(path) ~= nil end)
  if what then
    made.problems[#made.problems + 1] = {where = places.homeserver, what = what,
      hint = "write these paths with a / in front"}
  end
  made.log_config = log_config.read(given, places, made.cwd or places.data, made.reader)
end

local function keys_of(entries)
  local keys = {}
  for name, stat in pairs(entries or {}) do
    if stat.kind == "file" and name:match "%.key$" then keys[name] = true end
  end
  return keys
end

local function read_templates(home)
  local templates = {}
  for name, stat in pairs(assert(file.list(home, "templates"))) do
    if stat.kind == "file" then
      local path = home .. "/templates/" .. name
      templates[name] = {path = path, text = assert(file.read(path))}
    end
  end
  for name, found in overrides.under "templates" do
    templates[name] = {path = found.path, text = found.text, replaced = true}
  end
  return templates
end

--- Reads everything and changes nothing.
---@param names table<string, any> every name of a variable
---@param variables? table<string, string> these go before the environment
---@return Input
function input.read(names, variables)
  local all = system.environment()
  for name, value in pairs(variables or {}) do all[name] = value end
  local places = environment.places(all)
  local made = {
    environment = all, places = places, container = host.in_container(all), homeserver_exists = false,
    problems = {}, warnings = {}, programs = {}, host = host.read(all, places), files = environment.files(all, names),
    reader = service_user.reader(all, places),
  }
  yaml.read(made)
  made.well_known = well_known.read(places.homeserver, made)
  local merged = yaml.merged(made)
  add_facts(made, merged)
  local problem, warnings, problems
  made.appservices, warnings, problem = appservices.read(places.registrations, places.config, merged, made.reader)
  table.move(warnings, 1, #warnings, #made.warnings + 1, made.warnings)
  made.problems[#made.problems + 1] = problem
  made.copies, made.tls_copies = copies.read(made, merged), certificate.read(made, merged)
  made.nginx = nginx_version.read(made, merged)
  made.cwd_closed = made.cwd ~= nil and made.reader.is_closed ~= nil and made.reader.is_closed(made.cwd)
  local data, entries = places.data, store.entries(places.data)
  made.keys, made.store = keys_of(entries), store.read(data, entries, merged, made.cwd or data)
  made.manhole = (store.record(data, entries, records.MANHOLE) or ""):match "^[^\n]+"
  made.metrics_token, made.metrics_token_owner = store.record(data, entries, records.METRICS)
  made.metrics_token = (made.metrics_token or ""):match "^[^\n]+"
  -- Few servers have coturn, so what reads its files is required here.
  made.turn = made.host.addresses and require("input.turn").read(made, merged, entries) or nil
  made.synapse, made.templates = installed.synapse(places.python), read_templates(made.host.home)
  made.pieces, problems = pieces.read()
  table.move(problems, 1, #problems, #made.problems + 1, made.problems)
  made.resolved = proxy_names.read(all)
  made.programs = read_programs(made.host.home)
  return made
end

return input
