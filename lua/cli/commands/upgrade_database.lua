-- EDGE
-- `synlua upgrade-database`: a run that ends by itself when the built-in PostgreSQL has moved to a newer major version,
-- or when the dump for that is written. With --remove-old it removes what such a move has left.

local configuration = require "cli.configuration"
local log = require "core.log"
local loop = require "core.loop"
local program = require "cli.program"
local run = require "cli.commands.run"
local system = require "core.system"
local words = require "processes.words"

local function hooks(done)
  local began, upgrade, data = system.now(), done.view.database.upgrade, done.view.paths.data
  return {on_ready = function()
    local took = words.span(system.now() - began)
    if upgrade.action == "dump" then
      log.write("info", ("dumped in %s: to finish, run synlua upgrade-database where a newer PostgreSQL is installed; "
        .. "until then no start uses the cluster %s/postgres/%s"):format(took, data, upgrade.old))
    else
      log.write("info", ("upgraded in %s: every start uses PostgreSQL %s from now on; the old cluster is kept in "
        .. "%s/postgres/%s until you run synlua upgrade-database --remove-old"):format(took, upgrade.new, data,
        upgrade.old))
    end
    loop.stop(0)
  end}
end

-- Nothing that runs uses these directories, so it does not matter whether an instance runs.
local function remove_old()
  local done, input = configuration.make()
  local places, data = {}, done.view.paths.data
  for _, version in ipairs(input.store.older or {}) do
    for _, end_of_name in ipairs {"", ".dump"} do
      places[#places + 1] = ("%s/postgres/%s%s"):format(data, version, end_of_name)
    end
  end
  if #places == 0 then
    return configuration.refuse(data .. "/postgres", "holds no cluster that a newer one has replaced",
      "there is nothing to do")
  end
  io.stderr:write(("removing PostgreSQL %s\n"):format(table.concat(input.store.older, ", ")))
  return program.as_user(done.view.users.postgres, {argv = {"/bin/rm", "-rf", "--", table.unpack(places)}, cwd = "/"})
end

---@param arguments {dump?: boolean, remove_old?: boolean}
---@return integer|nil
return function(arguments)
  if arguments.remove_old then return remove_old() end
  loop.on("interrupted", function()
    log.write("error", "interrupted: the old cluster is as it was; to go on: synlua upgrade-database")
  end)
  return run {job = {upgrades = arguments.dump and "dump" or "move", hooks = hooks}}
end
