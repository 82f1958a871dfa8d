-- EDGE
-- `synlua housekeeping`: hands the request to templates/housekeeping.py (behind admin.py), which removes what nobody
-- needs any more, or says what that would be. It runs as Synapse's user.

local configuration = require "cli.configuration"
local dkjson = require "dkjson"
local housekeeping = require "plan.housekeeping"
local listening = require "disk.listening"
local program = require "cli.program"
local synapse_process = require "plan.process.synapse"

local EX_USAGE, EX_UNAVAILABLE = 64, 69

---@param arguments {name: string, dry_run?: boolean, days?: integer}
---@return integer
return function(arguments)
  if arguments.days and arguments.name == housekeeping.ALL then
    io.stderr:write("synlua: --days is for one of them; for all, set their variables\n")
    return EX_USAGE
  end
  local done = configuration.make()
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  local request, problem = housekeeping.request(done, {name = arguments.name, days = arguments.days,
    dry = arguments.dry_run})
  if not request then return configuration.refuse(problem.where, problem.what, problem.hint) end
  if request.asks and not request.dry and not listening.in_use(request.main) then
    io.stderr:write(("synlua: no homeserver answers on %s; start it first: synlua run\n"):format(
      request.main.socket or request.main.address .. ":" .. request.main.port))
    return EX_UNAVAILABLE
  end
  local templates = done.view.input.templates
  local argv = {done.settings.SYNLUA_SYNAPSE_PYTHON, "-I", "-W", "ignore", "-c",
    templates["admin.py"].text .. templates["housekeeping.py"].text, dkjson.encode(request)}
  return program.as_synapse(done.view, {argv = argv, cwd = synapse_process.directory(done.view)})
end
