-- EDGE
-- `synlua run`: the entrypoint.

local log = require "core.log"
local hex = require "lib.hex"
local hold = require "cli.hold"
local jobs = require "processes.jobs"
local listening = require "disk.listening"
local followers = require "control.followers"
local forgotten = require "cli.forgotten"
local former = require "processes.former"
local loop = require "core.loop"
local official = require "cli.official"
local output = require "core.output"
local metrics_address = require "plan.metrics.address"
local prepare = require "disk.prepare"
local quiet_run = require "cli.quiet_run"
local reload = require "control.reload"
local server = require "control.server"
local space = require "plan.process.space"
local certificates = require "disk.certificates"
local configuration = require "cli.configuration"
local environments = require "control.environments"
local expiry = require "processes.expiry"
local started = require "cli.started"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "lib.tables"
local tls = require "plan.nginx.tls"
local trying = require "cli.trying"
local upgrade = require "plan.database.upgrade"
local words = require "processes.words"
local write = require "disk.write"

local EX_USAGE = 64

local began, began_at = system.now(), os.time()

-- Gives back the memory that planning has used. Running needs much less.
local function give_back_memory()
  forgotten.from(package.loaded)
  system.give_back()
end

local FIRST_USER = "create the first user: synlua user add NAME --admin"

-- missing: services that have failed and may never be ready
local function say_ready(plan, missing, is_quiet)
  local runs = tables.copy(plan.services)
  for _, name in ipairs(missing) do runs[name] = nil end
  local lacks = #missing > 0 and "; not running: " .. table.concat(missing, ", ") or ""
  if is_quiet then
    return quiet_run.box {("%s is ready in %s%s"):format(plan.server_name, words.span(system.now() - began), lacks),
      plan.url, FIRST_USER, "what runs: synlua status --watch; all lines: synlua logs -f"}
  end
  log.write("info", ("ready in %s: %s%s; %s; %s"):format(words.span(system.now() - began),
    table.concat(tables.keys(runs), ", "), lacks, plan.url, FIRST_USER))
end

local function on_signal(name)
  if name == "HUP" then
    output.reopen()
    reload.begin {tells = true}
  elseif name == "USR1" then
    for _, service in ipairs(supervise.status()) do
      log.write("info", ("%s: %s for %s%s"):format(service.name, service.shown, words.span(service.since_ms),
        service.note and "; " .. service.note or ""))
    end
  end
end

-- All processes that a killed synlua may have left, by name.
local function with_jobs(plan)
  local all = tables.copy(plan.services)
  for _, job in pairs(plan.jobs) do all[job.process.name] = job end
  return all
end

-- What this start is made with, for commands that compare.
local function made_with(done, environment)
  local salt = hex.of(assert(system.random(8)))
  return {salt = salt, variables = started.variables(done.settings, environment, salt),
    options = started.options(done.view, salt)}
end

-- What the status page and `synlua top` show of this start.
local function about(done, input)
  local plan, settings = done.plan, done.settings
  return {server_name = plan.server_name, warnings = done.warnings, database = space.of_database(done.view),
    strict = settings.SYNLUA_HEALTH_STARTING, started = began_at, began = began,
    picture = plan.metrics
      and require "files.plan_svg".text(require "plan.grouped".of(plan, input.worker_types))}
end

local function supervised(done, input, hooks, held)
  local plan, settings = done.plan, done.settings
  loop.on("signal", on_signal)
  local access, shown = plan.output.access, about(done, input)
  if access and access.how.counts then require "metrics.page".count_requests(done.view.access_log.status) end
  require "metrics.page".measure(plan.disks)
  if plan.metrics then
    local served, fault = require "metrics.serve".start(plan.metrics, metrics_address.token(done.view), shown)
    if not served then return nil, fault, plan.metrics.place end
  end
  jobs.start(plan.jobs, plan.jobs_off, {data = plan.paths.data, owner = plan.owner, privileged = input.host.uid == 0})
  local ok, why = server.start(plan.paths.runtime, {server_name = plan.server_name, url = plan.url,
    strict = settings.SYNLUA_HEALTH_STARTING, started = made_with(done, input.environment),
    environment = input.environment, variables = environments.of(plan.services, settings),
    metrics = function() return (require "metrics.page".text(began_at)) end,
    overview = function() return require "metrics.overview".beside(shown) end})
  if not ok then return nil, why end
  expiry.follow(input.validity)
  reload.prepare {environment = input.environment, services = plan.services,
    files = tls.files(done.view.tls), listens = listening.of_nginx(plan)}
  return supervise.start(plan.services, {
    runtime = plan.paths.runtime, notify_socket = plan.paths.notify, budget_ms = settings.SYNLUA_STOP_TIMEOUT * 1000,
    concurrency = settings.SYNLUA_START_CONCURRENCY or math.max(1, input.host.cpus), on_ready = hooks.on_ready,
    on_reached = hooks.on_reached, held = held,
  })
end

---@class Job what a run is for
---@field migrates? boolean
---@field upgrades? "dump"|"move"
---@field hooks fun(done: Stages, privileged: boolean, is_quiet: boolean): table on_ready, on_reached of supervise.start

-- Called when main is ready, because main has prepared the schema by then. Before that, an older Synapse must stay
-- usable.
local function record_synapse(file, privileged)
  local ok, problem = write.files({file}, privileged)
  if not ok then log.write("warn", ("%s: %s (%s)"):format(problem.where, problem.what, problem.hint)) end
end

local SERVE = {hooks = function(done, privileged, is_quiet)
  local plan, record = done.plan, upgrade.record(done.view) -- so that the rest of `done` can be freed
  return {
    on_reached = function(name)
      if name == "synapse" then record_synapse(record, privileged) end
      if is_quiet then quiet_run.reached(name) end
    end,
    on_ready = function(missing)
      say_ready(plan, missing, is_quiet)
      jobs.open()
      give_back_memory()
    end,
  }
end}

-- The variables that the arguments set, or nil if the arguments are wrong.
local function read_arguments(arguments)
  local given = official.read(arguments or {})
  if given.fault then
    io.stderr:write("synlua: ", given.fault, "\n")
    return
  end
  for _, note in ipairs(given.notes) do log.write("info", note) end
  return {SYNAPSE_CONFIG_PATH = given.config_path}
end

-- nil where the services run.
local function begin(done, input, job, is_quiet)
  if is_quiet then quiet_run.begin() end
  collectgarbage "restart"
  local privileged, held_back = input.host.uid == 0, hold.of(done)
  local ok, why, where = supervised(done, input, job.hooks(done, privileged, is_quiet), held_back.held)
  if ok then return hold.ask(held_back, done, privileged) end
  return configuration.refuse(where or done.plan.paths.notify, why, "mend that, then start again")
end

-- Writes everything and starts. Returns nil if the services run.
local function start(done, input, job, is_quiet)
  local plan = done.plan
  local written, problem = prepare.start(plan, done.files, input.host.uid == 0)
  if not written then return configuration.report({problem}, {}) end
  local form = tables.copy(plan.output)
  form.mute = is_quiet
  local ok, why = output.configure(form)
  if ok and form.access then ok, why = followers.receive(form.access) end
  if not ok then return configuration.refuse("logs", why, "mend that, then start again") end
  local changes = written == 0 and "no file changed" or written .. " files written"
  log.write("info", ("%s: %s"):format(plan.server_name, changes))
  trying.remember(done, input.host.uid == 0)
  for _, note in ipairs(plan.notes) do log.write("info", note) end
  if done.settings.SYNAPSE_LOG_LEVEL == "DEBUG" then log.threshold "debug" end
  return begin(done, input, job, is_quiet)
end

-- The first checks. Nothing is written before the services have tried what the admin has added to their files.
local function check(done, input, go_on)
  configuration.preflight(done, input)
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  -- From here on our own lines have the configured form. Log files come later, because their directory is not made yet.
  assert(output.configure {format = done.plan.output.format, when_blocked = done.plan.output.when_blocked})
  configuration.log_overrides()
  return certificates.ask(done, function(problem, good)
    local warnings = {}
    certificates.warn(good, warnings)
    local problems = configuration.heed(done, input, good, problem)
    return configuration.report(problems, warnings) or trying.run(trying.names(done), done, input, go_on)
  end)
end

---@param arguments {arguments?: string[], job?: Job}
---@return integer|nil
return function(arguments)
  local variables, job = read_arguments(arguments.arguments), arguments.job or SERVE
  if not variables then return EX_USAGE end
  local watched, fault = loop.watch "stop"
  if not watched then return configuration.refuse("synlua", fault, "allow one more thread") end
  local done, input = configuration.make {make_secrets = true, variables = variables, migrates = job.migrates,
    upgrades = job.upgrades}
  if #done.problems > 0 then return configuration.report(done.problems, done.warnings) end
  return former.await(with_jobs(done.plan), done.settings.SYNLUA_STOP_TIMEOUT * 1000, function()
    local is_quiet = not arguments.job and quiet_run.wanted(arguments.arguments or {}, done)
    return check(done, input, function() return start(done, input, job, is_quiet) end)
  end)
end
