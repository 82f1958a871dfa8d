-- EDGE
-- `synlua backup`: makes a backup while everything runs. Root writes the manifest and its own part, and Synapse's user
-- all else. A backup without a whole manifest, which comes last, is none.

local backups = require "disk.backups"
local before = require "plan.backup.before"
local configuration = require "cli.configuration"
local contents = require "plan.backup.contents"
local database_sections = require "input.database_sections"
local document = require "lib.document"
local file = require "core.file"
local helper = require "cli.helper"
local log = require "core.log"
local manifest = require "lib.manifest"
local octal = require "lib.octal"
local output = require "core.output"
local places = require "lib.places"
local records = require "lib.records"
local sealing = require "cli.sealing"
local sha256 = require "lib.sha256"
local words = require "processes.words"

local PRIVATE = octal "0600"

-- What no backup can hold, whatever is in it.
local NEVER = "not in it, as in no backup: the keys of end-to-end encryption, which only clients have (their own key "
  .. "backup keeps them), and one-time keys, which clients upload anew"

local function absolute(path)
  local real = file.realpath(path)
  if real or path:sub(1, 1) == "/" then return real or places.clean(path) end
  return places.clean(file.realpath "." .. "/" .. path)
end

local function several(view)
  local all = database_sections.all(document.plain(view.homeserver.merged))
  if #all <= 1 then return end
  return {where = "databases", what = ("names %d databases, and this command backs up one"):format(#all),
    hint = "dump each of them by pg_dump"}
end

-- Why backups cannot lie there. Below the media each would hold all others, and the data directory itself would count
-- as one that holds backups.
local function place_problem(view, directory)
  local function real(path) return file.realpath(path) or path end
  local function is_in(path) return directory == real(path) or contents.below(directory, real(path)) ~= nil end
  local paths = view.paths
  local problem = {where = directory, hint = "name another directory for backups"}
  if is_in(paths.runtime) then problem.what = "is emptied at each start" end
  if directory == real(paths.data) or directory == real(paths.config) or is_in(contents.media(view)) then
    problem.what = "holds what is backed up"
  end
  return problem.what and problem or nil
end

-- Makes the directories of a new backup. Nobody else takes its name: the lock is ours.
local function open(view, directory)
  local time, user = os.time(), view.users.synapse
  local function name_at(seconds) return manifest.name(view.server_name, os.date("!%Y%m%dT%H%M%SZ", seconds)) end
  while file.stat(directory .. "/" .. name_at(time)) do time = time + 1 end
  local name = name_at(time)
  local inner = name .. "/" .. manifest.SYNAPSE
  local ok, what = file.mkdir(directory, name, backups.owned(view.users.synapse.drop and backups.OPEN
    or backups.CLOSED))
  if ok then ok, what = file.mkdir(directory, inner, backups.owned(backups.CLOSED, user)) end
  if not ok then return nil, {where = directory, what = what, hint = "make it writable, or name another"} end
  ok, what = file.try(directory .. "/" .. inner, user.uid, user.gid)
  if not ok then
    return nil, {where = directory, what = ("uid %d cannot reach it: %s"):format(user.uid, what),
      hint = "let that user enter each directory on the way (chmod o+x), or name another"}
  end
  return name, time
end

local function question_of(view, directory, name, arguments, previous)
  return {action = "make", directory = ("%s/%s/%s"):format(directory, name, manifest.SYNAPSE), data = view.paths.data,
    skip = contents.left_out(view), alone = not backups.has_roots_files(view), media = contents.media(view),
    database = contents.database(view),
    media_how = arguments.media or view.settings.SYNLUA_BACKUP_MEDIA, rehearse = not arguments.skips_rehearsal,
    recipients = view.settings.SYNLUA_BACKUP_RECIPIENT, age = sealing.program(),
    previous = previous and ("%s/%s/%s"):format(directory, previous, manifest.SYNAPSE),
    library = helper.name_library(view.users.synapse)}
end

local function manifest_of(view, time, asked, answer, admin, is_before)
  local store, installed, database = view.input.store, view.input.synapse, contents.database(view)
  local ran = store.synapse or installed
  local pieces = {{name = manifest.ADMIN .. (asked.recipients and manifest.SEALED or ""), size = #admin,
    sum = sha256(admin)}}
  for _, piece in ipairs(answer.pieces) do
    pieces[#pieces + 1] = {name = manifest.SYNAPSE .. "/" .. piece[1], size = piece[2], sum = piece[3]}
  end
  return {
    made = os.date(manifest.TIME, time), server = view.server_name, synlua = require "lib.version",
    synapse = ran and ran.version, before = is_before and installed.version or nil,
    database = view.database.kind, sqlite = database.path,
    moved = store.moved, postgres = answer.version > 0 and answer.version or nil, data = view.paths.data,
    config = view.paths.config, homeserver = view.paths.homeserver, media = asked.media, media_how = asked.media_how,
    media_files = answer.media.files, uid = view.users.synapse.uid, gid = view.users.synapse.gid,
    rehearsed = asked.rehearse, sealed = asked.recipients ~= nil, variables = contents.variables(view),
    rows = answer.rows, pieces = pieces,
  }
end

local function finish(directory, name, made, admin)
  local options = backups.owned(PRIVATE)
  options.durable = true
  local ok, what = file.replace(directory, ("%s/%s"):format(name, made.pieces[1].name), admin, options)
  backups.admit(directory, name, backups.CLOSED)
  if ok then ok, what = file.replace(directory, name .. "/" .. manifest.FILE, manifest.text(made), options) end
  return ok, not ok and {where = directory .. "/" .. name, what = what, hint = "make room, or name another"} or nil
end

local MEDIA = {
  link = "%d files of media (%s; %d copied)", whole = "%d files of media (%s; %d copied)",
  list = "only the names of %d files of media (%s)",
}

local function report(path, made, answer, left)
  local media = answer.media
  local rows = {}
  for _, table_ in ipairs {"users", "rooms", "events"} do
    rows[#rows + 1] = ("%d %s"):format(made.rows[table_] or 0, table_)
  end
  io.stdout:write(log.plain(("%s: %s; %s; %s%s\n"):format(path, table.concat(rows, ", "),
    MEDIA[made.media_how]:format(media.files, words.size(media.bytes), media.copied), made.rehearsed
    and "its database was restored into a scratch one" or "it was not rehearsed",
    made.sealed and "; encrypted" or "")))
  for _, one in ipairs(left) do
    io.stdout:write(log.plain(("not in it: %s: %s\n"):format(one[1]:gsub("\n", "\\n"), one[2])))
  end
  if answer.more_left > 0 then io.stdout:write(("not in it: %d more\n"):format(answer.more_left)) end
  io.stdout:write(NEVER, "\n")
end

-- What Synapse's user answers about its part of the backup. After a failure nothing is left of the backup.
local function ask_synapse(view, directory, name, asked, previous, ask)
  local whole = false
  local cleanup <close> = setmetatable({}, {__close = function()
    if previous then backups.close(directory, previous) end
    if not whole then backups.remove(directory, {name}) end
  end})
  if previous then backups.admit(directory, previous, backups.OPEN) end
  local answer = cleanup and ask("backup", view.users.synapse, asked)
  whole = true
  return answer
end

-- The backup that was made for this change of Synapse.
local function made_before(view, directory)
  local record = file.stat_below(view.paths.data, records.SYNAPSE)
  for name, finished in pairs(backups.all(directory)) do
    local said = finished and backups.manifest(directory, name)
    if record and said and before.is_of(view, said, os.date(manifest.TIME, record.mtime)) then
      return directory .. "/" .. name
    end
  end
end

-- Why a start need not make one.
local function spared(view, directory)
  if not before.is_due(view) then return "no newer Synapse is about to start, so there is nothing to do" end
  local path = made_before(view, directory)
  return path and path .. ": is the backup of before this Synapse"
end

local function steps(done, directory, arguments, ask)
  local view, must = done.view, helper.must
  if view.settings.SYNLUA_BACKUP_RECIPIENT then must(sealing.program()) end
  must(backups.take(directory))
  -- The lock is ours, so what is not finished never will be.
  must(backups.remove(directory, manifest.spare(backups.all(directory), view.server_name, math.maxinteger)))
  backups.close(directory)
  local previous = backups.newest(directory, view.server_name)
  local why = arguments.is_before and spared(view, directory)
  if why then
    io.stdout:write(log.plain(why), "\n")
    return 0
  end
  local name, time = open(view, directory)
  must(name, time)
  local asked = question_of(view, directory, name, arguments, previous)
  local answer = ask_synapse(view, directory, name, asked, previous, ask)
  local admin, left = backups.admin_part(view)
  if asked.recipients then admin = sealing.seal(ask, asked.recipients, admin) end
  local made = manifest_of(view, time, asked, answer, admin, arguments.is_before)
  must(finish(directory, name, made, admin))
  local spare = manifest.spare(backups.all(directory), view.server_name, view.settings.SYNLUA_BACKUP_KEEP)
  for _, old in ipairs(arguments.directory and {} or spare) do
    if backups.read(directory, old) then must(backups.remove(directory, {old})) end -- else the next one removes it
  end
  report(directory .. "/" .. name, made, answer, table.move(left, 1, #left, #answer.left + 1, answer.left))
  return 0
end

---@param arguments {directory?: string, media?: string, skips_rehearsal?: boolean, is_before?: boolean}
---@return integer|nil
return function(arguments)
  local done = configuration.make()
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  local directory = absolute(arguments.directory or done.settings.SYNLUA_BACKUP_DIR)
  local problem = several(done.view)
  if not contents.database(done.view) then
    problem = {where = done.plan.paths.data, what = "there is no database yet", hint = "start synlua once: synlua run"}
  end
  problem = problem or place_problem(done.view, directory)
  if problem then return helper.fail(problem) end
  assert(output.configure {format = done.plan.output.format, when_blocked = "wait"})
  return helper.run(done.view, function(ask) return steps(done, directory, arguments, ask) end)
end
