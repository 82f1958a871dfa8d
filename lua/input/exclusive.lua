-- Options that exclude each other: one of them in a higher layer removes the others in lower layers.

local document = require "lib.document"
local secret_options = require "lib.secret_options"

local exclusive = {}

local GROUPS = {
  {"database", "databases", "database_path"},
  {"recaptcha_public_key", "recaptcha_public_key_path"},
}
for _, secret in ipairs(secret_options.LIST) do
  if secret.path then GROUPS[#GROUPS + 1] = {secret.option, secret.option .. "_path"} end
end

local function engine(database)
  if document.kind(database) ~= "map" then return nil end
  local name = database.name
  return type(name) == "table" and name.text or name
end

-- The arguments of one database engine are not valid for another.
local function other_engine(low, high)
  local name = engine(high.database)
  return name ~= nil and low.database ~= nil and name ~= (engine(low.database) or "sqlite3")
end

--- The lower layer without the options that the higher one excludes.
---@param low table
---@param high table
---@return table
function exclusive.without(low, high)
  local kept = {}
  for key, value in pairs(low) do kept[key] = value end
  for _, group in ipairs(GROUPS) do
    for _, name in ipairs(group) do
      for _, rival in ipairs(group) do
        if high[name] ~= nil and rival ~= name then kept[rival] = nil end
      end
    end
  end
  if other_engine(low, high) then kept.database = nil end
  return document.map(kept)
end

--- A layer without any option that names a database.
---@param given table
---@return table
function exclusive.without_database(given)
  local kept = {}
  for key, value in pairs(given) do kept[key] = value end
  for _, name in ipairs(GROUPS[1]) do kept[name] = nil end
  return document.map(kept)
end

return exclusive
