-- EDGE
-- `synlua replan`, which the running instance runs to reload nginx: plans anew, lets nginx try its files, and puts them
-- in their place. No code of the user's runs in the instance for it, and no memory of planning stays there.

local certificates = require "disk.certificates"
local configuration = require "cli.configuration"
local directories = require "disk.directories"
local dkjson = require "dkjson"
local file = require "core.file"
local listening = require "disk.listening"
local log = require "core.log"
local loop = require "core.loop"
local output = require "core.output"
local proof = require "disk.proof"
local service_hashes = require "lib.service_hashes"
local tables = require "lib.tables"
local tls = require "plan.nginx.tls"
local trial = require "disk.trial"
local write = require "disk.write"

local NGINX, EX_USAGE = "nginx", 64

-- The instance finds the answer in the memory that it gave us as our standard input.
local function answer(value)
  local to <close> = assert(io.open("/proc/self/fd/0", "w"))
  assert(to:write(dkjson.encode(value)))
  return value.ok and 0 or configuration.EX_CONFIG
end

local function line(problem)
  return log.plain(("%s: %s (%s)"):format(problem.where, problem.what, problem.hint))
end

local function refuse(problems, said)
  local lines = said or {}
  for _, problem in ipairs(problems) do lines[#lines + 1] = line(problem) end
  return answer {ok = false, said = lines}
end

local function is_of_nginx(plan, item)
  return item.base == plan.paths.runtime and (item.path .. "/"):find(plan.services[NGINX].trial.directory .. "/", 1,
    true) == 1
end

-- nginx's, and copies of the certificate that other services have.
local function of_nginx(plan, list)
  local kept = {}
  for _, item in ipairs(list) do
    if is_of_nginx(plan, item) or item.renewed then kept[#kept + 1] = item end
  end
  return kept
end

-- The services whose files a start would write anew. What is made once does not count.
local function changed_files(done, privileged)
  local changed = {}
  for _, item in ipairs(done.files) do
    local name = (item.made_by or ""):match "^service (.+)$"
    local counts = name and not (item.once or item.renewed or is_of_nginx(done.plan, item))
    if counts and write.would(item, privileged) then
      changed[name] = true
    end
  end
  return changed
end

-- A socket that a killed nginx has left. Removed with the rights of nginx's user, who may have put a link on the way.
local function remove_dead(plan, sockets)
  local user = plan.services[NGINX].process
  for _, path in ipairs(sockets) do
    local ok, what = true, nil
    local base, name = path:match "^(/.*)/([^/]+)$"
    if user.uid then ok, what = file.remove_as(user, path) elseif base then ok, what = file.remove(base, name) end
    if not ok then return {where = path, what = what, hint = "remove it: nginx cannot listen in its place"} end
  end
end

-- Everything was found good.
local function put_in_place(done, input, good, found)
  local plan, privileged = done.plan, input.host.uid == 0
  local is_new = not proof.is_known(plan, done.files, NGINX)
  local dead = remove_dead(plan, found.sockets)
  if dead then return refuse {dead} end
  local ok, problem = directories.make(of_nginx(plan, plan.directories), privileged)
  local written
  if ok then written, problem = write.files(of_nginx(plan, done.files), privileged) end
  if problem then return refuse {problem} end
  proof.remember(plan, done.files, NGINX, privileged)
  local lines = {}
  for at, warning in ipairs(found.warnings) do lines[at] = line(warning) end
  return answer {ok = true, changed = is_new or written > 0, warnings = lines, validity = good,
    watched = tls.files(done.view.tls), listens = listening.of_nginx(plan),
    modes = plan.services[NGINX].modes, leftovers = plan.services[NGINX].leftovers,
    services = service_hashes.of(plan.services), files = changed_files(done, privileged)}
end

local function try(done, input, go_on)
  local form = tables.copy(done.plan.output)
  form.mute = true
  assert(output.configure(form))
  local again = configuration.elsewhere(input, trial.place())
  local options = {names = {NGINX}, runtime = done.plan.paths.runtime}
  local problem = trial.run(again.plan, again.files, options, function(ended)
    if ended.interrupted then return end
    loop.stop(#ended.problems > 0 and refuse(ended.problems, ended.said) or go_on())
  end)
  if problem then return refuse {problem} end
end

-- Where nginx would have to listen besides. Returns the sockets that are new.
local function check_listens(done, has)
  local busy, sockets = listening.of_reload(done.plan, has)
  table.move(busy, 1, #busy, #done.problems + 1, done.problems)
  return sockets
end

---@return integer|nil
return function()
  if not os.getenv "REPLANS_FOR" then
    io.stderr:write "synlua: the running instance runs this command; see synlua reload\n"
    return EX_USAGE
  end
  local running = assert(dkjson.decode(io.stdin:read "a"))
  local done, input = configuration.make()
  configuration.preflight(done, input, {only_files = true})
  local sockets = #done.problems == 0 and check_listens(done, running.listens)
  if #done.problems > 0 then return refuse(done.problems) end
  local service = done.plan.services[NGINX]
  if not service or not service.trial then
    return refuse {{where = NGINX, what = "has nothing that could be reloaded", hint = "restart it"}}
  end
  return certificates.ask(done, function(problem, good)
    local found = {sockets = sockets, warnings = {}}
    certificates.warn(good, found.warnings)
    local problems = configuration.heed(done, input, good, problem)
    if #problems > 0 then return refuse(problems) end
    return try(done, input, function() return put_in_place(done, input, good, found) end)
  end)
end
