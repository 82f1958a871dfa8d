-- EDGE
-- `synlua restore`: puts a backup into an empty data directory. A mark there keeps anything from using it until all is
-- in its place. An interrupted restore is begun anew by the next one.

local backups = require "disk.backups"
local builtin = require "plan.database.builtin"
local configuration = require "cli.configuration"
local contents = require "plan.backup.contents"
local database = require "plan.database.choice"
local file = require "core.file"
local helper = require "cli.helper"
local input_environment = require "input.environment"
local log = require "core.log"
local manifest = require "lib.manifest"
local output = require "core.output"
local postgres = require "settings.postgres"
local restoring = require "disk.restoring"
local sealing = require "cli.sealing"
local system = require "core.system"

local IDENTITY_MAX = 64 * 1024

-- What a first start needs to be told, and homeserver.yaml in the backup says.
local function variables(said)
  local all, made = system.environment(), {}
  local function is_set(name) return (all[name] or "") ~= "" or (all[name .. "_FILE"] or "") ~= "" end
  for name, value in pairs {SYNAPSE_SERVER_NAME = said.server, SYNAPSE_REPORT_STATS = "no"} do
    if not is_set(name) then made[name] = value end
  end
  -- Nothing runs here, and workers could not use SQLite, which `synlua migrate-database` moves afterwards.
  made.SYNAPSE_WORKER_TYPES, made.SYNAPSE_WORKER_TYPES_FILE = "", ""
  return made, is_set "SYNAPSE_WORKER_TYPES"
end

local function other(view, said)
  if view.server_name ~= said.server then
    return {where = view.settings.sources.SYNAPSE_SERVER_NAME or "server_name",
      what = ("is %s, and the backup is of %s"):format(view.server_name, said.server), hint = "a name never changes"}
  end
  local names = {data = "SYNAPSE_DATA_DIR", config = "SYNAPSE_CONFIG_DIR", homeserver = "SYNAPSE_CONFIG_PATH"}
  for _, field in ipairs {"data", "config", "homeserver"} do
    if view.paths[field] ~= said[field] then
      return {where = names[field], hint = ("set %s=%s"):format(names[field], said[field]),
        what = ("is %s, and it was %s: the files of the backup name paths there"):format(view.paths[field],
          said[field])}
    end
  end
end

-- The database that a restore makes of a dump.
local function target(view) return view.database.kind == "outside" and "outside" or "builtin" end

local function version_problem(view, said)
  local place, problem = builtin.place(view)
  if not place then return problem end
  if tonumber(place.version) >= (said.postgres or 0) then return end
  return {where = "PostgreSQL", what = ("%s is installed, and the backup is of version %d"):format(place.version,
    said.postgres), hint = ("install postgresql-%d"):format(said.postgres)}
end

local function load_builtin(view, said, ask, dump)
  local place = helper.must(builtin.place(view))
  helper.must(restoring.clusters(view))
  ask("postgres", view.users.postgres, {action = "load", cluster = place.data, dump = dump,
    version = math.tointeger(tonumber(place.version)), role = database.USER, name = database.NAME, rows = said.rows,
    library = helper.name_library(view.users.postgres)})
  return "builtin"
end

-- Into an empty database, in one transaction. Where that was interrupted, it is empty or holds all of the backup.
local function load_outside(view, place, said, ask, dump)
  local asked = {action = "fill", dump = dump, args = contents.database(view).args, rows = said.rows,
    version = said.postgres}
  if not restoring.loads(view) then
    asked.action = "look"
    ask("restore", view.users.synapse, asked)
    helper.must(restoring.note_load(view, place.name))
    asked.action = "fill"
  end
  ask("restore", view.users.synapse, asked)
  return "outside"
end

local function restore_database(view, place, said, ask, dump)
  if said.database == "sqlite" then return "sqlite" end
  if target(view) == "builtin" then return load_builtin(view, said, ask, dump) end
  return load_outside(view, place, said, ask, dump)
end

-- The variables that were set for the backed-up server, and are not here.
local function unset(said)
  local names, environment = {}, system.environment()
  for _, name in ipairs(said.variables) do
    if (environment[name] or "") == "" then names[#names + 1] = name end
  end
  return names
end

local function report(view, said, made, wants_workers)
  local lines = {("%s is restored as of %s: %d users, %d rooms, %d files of media"):format(said.server, said.made,
    said.rows.users or 0, said.rows.rooms or 0, made.brought.media)}
  if made.brought.missing > 0 then
    lines[#lines + 1] = ("missing: %d files of media, of which the backup has only the names; bring them to %s"):format(
      made.brought.missing, said.media)
  end
  for _, path in ipairs(made.apart) do lines[#lines + 1] = "not in its place, where you may put it: " .. path end
  local names = unset(said)
  if #names > 0 then lines[#lines + 1] = "set there and not here: " .. table.concat(names, ", ") end
  local moves = made.kind == "sqlite" and (wants_workers or postgres.asked_by(view.settings.sources))
  lines[#lines + 1] = "go on with: synlua " .. (moves and "migrate-database" or "run")
  io.stdout:write(log.plain(table.concat(lines, "\n")), "\n")
end

-- What a question about a backup says. age and the secret key are for one that is encrypted.
local function question(place, said, more)
  more.directory, more.rows, more.version, more.sealed = place.synapse, said.rows, said.postgres, said.sealed
  more.identity, more.age = place.identity, said.sealed and sealing.program() or nil
  return more
end

-- Root's part, once all of the backup is found to be what it was. Without its secret key only its checksums are known.
local function check(view, place, said, ask, rehearse)
  local bytes = helper.must(backups.admin_bytes(place.directory, place.name, said))
  local opens = not said.sealed or place.identity ~= nil
  ask("restore", view.users.synapse, question(place, said, {action = "check", rehearse = rehearse and opens,
    pieces = manifest.pieces(said), library = helper.name_library(view.users.synapse)}))
  if not opens then return end
  if said.sealed then bytes = sealing.unseal(ask, place.identity, bytes) end
  return helper.must(backups.admin_entries(bytes))
end

-- The files of the user directory, which may change what the configuration means.
local function load_files()
  local problems = require "input.user_directory".load()
  local faults = require "input.overrides".any() and require("cli.own_settings").add() or {}
  return table.move(faults, 1, #faults, #problems + 1, problems)
end

-- What the restored configuration means. Of a database that was moved from SQLite, homeserver.yaml may still name that.
local function plan_again(view, said, given)
  if said.moved then
    local early = postgres.asked_by(view.settings.sources) and "outside" or "builtin"
    helper.must(restoring.put(view, database.record_of_restore(view, early, said.moved)))
  end
  local problems = load_files()
  local again = #problems == 0 and configuration.make {restores = true, variables = given}
  if again and #again.problems == 0 then return again.view end
  configuration.report(again and again.problems or problems, {})
  return helper.must(nil, {where = view.paths.data, what = "the restored configuration has problems",
    hint = "mend what is listed above, then restore again"})
end

-- Restores: first the mark is put into the data directory, and at the end it is removed.
local function bring(done, place, said, entries, ask, given)
  local view, is_sqlite = done.view, said.database == "sqlite"
  helper.must(restoring.begin(view, said, place.name))
  local apart = helper.must(restoring.write(view, said, entries))
  local dump = not is_sqlite and helper.must(restoring.hand_over(view)) .. "/database.dump" or nil
  local brought = ask("restore", view.users.synapse, question(place, said, {action = "bring", data = view.paths.data,
    media = said.media, media_how = said.media_how, sqlite = is_sqlite and said.sqlite or nil, hand_over = dump}))
  local kind = restore_database(plan_again(view, said, given), place, said, ask, dump)
  helper.must(restoring.finish(view, database.record_of_restore(view, kind, said.moved)))
  return {brought = brought, apart = apart, kind = kind}
end

-- What is wrong with this place for a restore.
local function place_problem(view, said)
  local problem = other(view, said) or restoring.problem(view, said)
  if problem or said.database == "sqlite" or target(view) ~= "builtin" then return problem end
  return version_problem(view, said)
end

local function steps(done, place, said, arguments, given, ask)
  local view = done.view
  local problem = not arguments.check and place_problem(view, said)
  helper.must(not problem, problem)
  helper.must(backups.read(place.directory, place.name))
  local cleanup <close> = setmetatable({}, {__close = function()
    backups.admit(place.directory, place.name, backups.CLOSED)
  end})
  backups.admit(place.directory, place.name, backups.OPEN)
  local rehearse = cleanup and arguments.check and not arguments.skips_rehearsal or false
  local entries = check(view, place, said, ask, rehearse)
  if arguments.check then
    io.stdout:write(log.plain(("%s/%s can be restored%s: %s of %s\n"):format(place.directory, place.name,
      entries and "" or " by who has its secret key", said.server, said.made)))
    return 0
  end
  report(view, said, bring(done, place, said, entries, ask, given), arguments.wants_workers)
  return 0
end

local function place_of(path)
  path = file.realpath(path) or path
  local directory, name = path:match "^(.*)/([^/]+)$"
  if not name then return end
  return {directory = directory == "" and "/" or directory, name = name, synapse = path .. "/" .. manifest.SYNAPSE}
end

-- Takes in the secret key that the backup needs.
local function unlock(arguments, place, said)
  if not said.sealed then return end
  local path = arguments.identity
  if not path then
    return not arguments.check and {where = place.name, what = "is encrypted", hint = "give the file of the secret key "
      .. "of age: --identity FILE"} or nil
  end
  local text, why = file.read(path, IDENTITY_MAX)
  if not text then return {where = path, what = why} end
  place.identity = text
  return not sealing.is_identity(text) and {where = path, what = "holds no secret key of age",
    hint = "one that is protected by a passphrase must be decrypted first: age -d"} or nil
end

-- What an interrupted restore has left. No plan is made before, because it would be one of a part.
local function clear(place)
  local all = system.environment()
  local paths = input_environment.places(all)
  return restoring.clear(paths.data, {place.synapse, paths.runtime,
    input_environment.value(all, "SYNLUA_BACKUP_DIR") or paths.data .. "/backups"})
end

---@param arguments {backup: string, check?: boolean, skips_rehearsal?: boolean}
---@return integer|nil
return function(arguments)
  local place, problem, said = place_of(arguments.backup), nil, nil
  if place then said, problem = backups.manifest(place.directory, place.name) end
  if not said then
    return helper.fail(problem or {where = arguments.backup, what = "is no backup", hint = "name its directory"})
  end
  problem = unlock(arguments, place, said)
  if problem then return helper.fail(problem) end
  local given, wants_workers = variables(said)
  problem = not arguments.check and clear(place)
  if problem then return helper.fail(problem) end
  arguments.wants_workers = wants_workers
  local done = configuration.make {restores = true, variables = given}
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  assert(output.configure {format = done.plan.output.format, when_blocked = "wait"})
  return helper.run(done.view, function(ask) return steps(done, place, said, arguments, given, ask) end)
end
