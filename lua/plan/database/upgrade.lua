-- Checks a change from one Synapse to another on the same data: which notes apply, whether the schema changes, and
-- whether the change is possible. Each version of Synapse states the schema that it makes, and the oldest schema whose
-- Synapse can still use the database afterwards.

local octal = require "lib.octal"
local records = require "lib.records"

local upgrade = {}

---@class Synapse
---@field version string
---@field schema integer that it makes
---@field compat integer the oldest schema whose Synapse can use the database once this one has run

-- Notes for an upgrade that crosses the version `since`.
local NOTES = {
  {since = "1.90.0", text = "application services no longer get their token in the query as well; old ones need "
    .. "use_appservice_legacy_authorization: true in homeserver.yaml"},
  {since = "1.120.0", text = "new media is only served to clients that are logged in and to servers that sign their "
    .. "requests (enable_authenticated_media), and old ones do neither"},
  {since = "1.126.0", text = "nobody but administrators publishes rooms in the directory, unless "
    .. "room_list_publication_rules in homeserver.yaml allows it"},
  {since = "1.136.0", text = "experimental_features.msc3861 has given way to matrix_authentication_service, which "
    .. "needs Matrix Authentication Service 0.20.0 or later"},
  {since = "1.139.0", text = "with Matrix Authentication Service, application services must register users with "
    .. "inhibit_login"},
  {since = "1.140.0", text = "the module synapse-s3-storage-provider must be 1.6.0 or later"},
  {since = "1.142.0", text = "Python 3.10 and SQLite 3.40 are the oldest that will do"},
  {since = "1.143.0", text = "PostgreSQL 14 is the oldest that will do"},
}

local function numbers(version)
  local major, minor, patch = version:match "^(%d+)%.(%d+)%.?(%d*)"
  return tonumber(major) or 0, tonumber(minor) or 0, tonumber(patch) or 0
end

--- Whether one version comes before another. A release candidate counts as the release.
---@param a string
---@param b string
---@return boolean
function upgrade.older(a, b)
  local a1, a2, a3 = numbers(a)
  local b1, b2, b3 = numbers(b)
  if a1 ~= b1 then return a1 < b1 end
  if a2 ~= b2 then return a2 < b2 end
  return a3 < b3
end

-- The schema of a database never goes back, so the highest one is kept.
local function after(before, installed)
  if not before or installed.schema >= before.schema then
    return {version = installed.version, newest = installed.version, schema = installed.schema,
      compat = math.max(installed.compat, before and before.compat or 0)}
  end
  return {version = installed.version, newest = before.newest, schema = before.schema,
    compat = math.max(installed.compat, before.compat)}
end

--- The record to write when the installed Synapse is ready. nil if its version is not known.
---@param view View
---@return File|nil
function upgrade.record(view)
  local own, installed = view.users.own, view.input.synapse
  if not installed then return end
  local now = after(view.input.store.synapse, installed)
  return {base = view.paths.data, path = records.SYNAPSE, mode = octal "0644", uid = own.uid, gid = own.gid,
    durable = true,
    bytes = ("# Which Synapse ran last, which one made the database's schema, and the oldest schema that can use it.\n"
      .. "version %s\nnewest %s\nschema %d\ncompat %d\nserver %s\n"):format(now.version, now.newest, now.schema,
      now.compat, view.server_name)}
end

local function change(before, installed)
  if installed.schema > before.schema then
    return ("the main process takes the database from schema %d to %d before anything else starts; no Synapse whose "
      .. "schema is below %d can use it afterwards"):format(before.schema, installed.schema, installed.compat)
  elseif installed.schema < before.schema then
    return ("schema %d is older than the database's, %d, which it can use; clients may have to sync anew"):format(
      installed.schema, before.schema)
  end
  return ("the database stays at schema %d"):format(before.schema)
end

--- The problems and warnings of the change from the recorded Synapse to the installed one.
---@param before UpgradeRecord|nil
---@param installed Synapse|nil
---@return Problem|nil problem it cannot be
---@return Problem[] warnings
function upgrade.compare(before, installed)
  local warnings = {}
  if not before or not installed then return nil, warnings end
  if before.compat > installed.schema then
    return {where = "Synapse " .. installed.version,
      what = ("has schema %d; the database has %d, made by Synapse %s, and only schemas from %d on can use it")
        :format(installed.schema, before.schema, before.newest, before.compat),
      hint = ("run Synapse %s or later, or restore the database from before the upgrade"):format(before.newest),
    }, warnings
  end
  if before.version == installed.version then return nil, warnings end
  warnings[1] = {where = "Synapse " .. installed.version,
    what = ("comes after %s: %s"):format(before.version, change(before, installed)),
    hint = installed.schema > before.schema and "have a backup of the database" or nil}
  for _, note in ipairs(NOTES) do
    if upgrade.older(before.version, note.since) and not upgrade.older(installed.version, note.since) then
      warnings[#warnings + 1] = {where = "Synapse " .. note.since, what = note.text}
    end
  end
  return nil, warnings
end

--- Adds the problems and warnings of the change to this start.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
function upgrade.check(view, problems, warnings)
  local problem, notes = upgrade.compare(view.input.store.synapse, view.input.synapse)
  problems[#problems + 1] = problem
  table.move(notes, 1, #notes, #warnings + 1, warnings)
end

return upgrade
