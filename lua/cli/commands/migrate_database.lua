-- EDGE
-- `synlua migrate-database`: a run that ends by itself when the content of SQLite has moved to PostgreSQL.

local database = require "plan.database.choice"
local log = require "core.log"
local loop = require "core.loop"
local records = require "lib.records"
local run = require "cli.commands.run"
local system = require "core.system"
local words = require "processes.words"
local write = require "disk.write"

local EX_INTERNAL = 1
local STOP = 600000 -- ms: nobody has asked for the end, and PostgreSQL has much to write down

local function hooks(done, privileged)
  local began, choice = system.now(), done.view.database

  local function record(finished)
    local written, problem = write.files({database.record_of_move(done.view, finished)}, privileged)
    if written then return true end
    log.write("error", ("%s: %s (%s)"):format(problem.where, problem.what, problem.hint))
    loop.stop(EX_INTERNAL)
  end

  return {
    -- The record comes before anything is copied. No start may use SQLite while a part of it is already in PostgreSQL.
    on_reached = function(name) if name == "migrate_check" then record(false) end end,
    -- With this record every later start uses PostgreSQL.
    on_ready = function()
      if not record(true) then return end
      log.write("info", ("moved in %s: the content of %s is now in %s, which every start uses from now on; the file "
        .. "is kept")
        :format(words.span(system.now() - began), choice.from, records.DATABASES[choice.kind]))
      loop.budget(STOP)
      loop.stop(0)
    end,
  }
end

---@return integer|nil
return function()
  loop.on("interrupted", function()
    log.write("error", "the move was interrupted; to go on: synlua migrate-database")
  end)
  return run {job = {migrates = true, hooks = hooks}}
end
