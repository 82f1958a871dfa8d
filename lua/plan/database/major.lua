-- What `synlua upgrade-database` is to do: move the built-in PostgreSQL's cluster to a newer major version. Only
-- programs of its own version can read a cluster, and a release of Debian has one version. So the way goes by a dump,
-- which may be loaded in another image than the one that wrote it.

local builtin = require "plan.database.builtin"
local database = require "plan.database.choice"
local records = require "lib.records"

local major = {}

---@class MajorUpgrade
---@field action "dump"|"load"|"move" move: dump and load
---@field old string version
---@field new? string version
---@field old_programs? string directory
---@field new_programs? string directory

local AGAIN = "synlua upgrade-database"

-- What the old version's programs are needed for.
local function check_old(cluster, found)
  found.problem("PostgreSQL " .. cluster, "made the cluster, and without its programs nothing can read it",
    ("install postgresql-%s beside the newer one; or, where it still is, as in the image before, run %s --dump; then "
      .. "this again"):format(cluster, AGAIN))
end

local function action(view, store, new, found)
  local old = store.cluster
  if store.dumped then
    if view.input.upgrades == "dump" then
      found.problem("--dump", ("%s/postgres/%s.dump is there already"):format(view.paths.data, old),
        "load it where a newer PostgreSQL is installed: " .. AGAIN)
    elseif not new then
      found.problem("PostgreSQL", ("no version after %s is installed here, to load %s/postgres/%s.dump"):format(old,
        view.paths.data, old), "run this where a newer one is, as in the next image")
    end
    return "load"
  elseif not view.input.host.postgres[old] then
    check_old(old, found)
  elseif view.input.upgrades ~= "dump" and not new then
    found.problem("PostgreSQL", ("no version after %s is installed here"):format(old),
      ("install a newer one beside it; or write a dump, for an image that has only a newer one: %s --dump")
        :format(AGAIN))
  end
  return view.input.upgrades == "dump" and "dump" or "move"
end

--- What `database.choose` says, and in `upgrade` what is to be done.
---@param view View
---@param store Store
---@param found {problem: function, warning: function}
---@return DatabaseChoice
function major.choose(view, store, found)
  local choice = database.choose(view, store, found)
  if choice.kind ~= "builtin" or not store.cluster then
    found.problem("database", ("there is nothing to upgrade: this server uses %s"):format(choice.kind == "builtin"
      and "the built-in PostgreSQL, which has no cluster yet" or records.DATABASES[choice.kind]),
      choice.kind == "outside" and "upgrade that server by its own means" or "start it: synlua run")
    return choice
  end
  local versions, new = view.input.host.postgres, builtin.newer(view.input.host.postgres, store.cluster)
  choice.upgrade = {action = action(view, store, new, found), old = store.cluster, new = new,
    old_programs = versions[store.cluster], new_programs = versions[new]}
  return choice
end

return major
