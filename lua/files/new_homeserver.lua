-- Makes a homeserver.yaml if there is none. It states the defaults, and has a comment for every option that a variable
-- sets or could set.

local homeserver = require "plan.homeserver.merge"
local octal = require "lib.octal"
local default_text = require "settings.default"
local schema = require "settings.schema"

local new_homeserver = {}

-- Options that the template states or explains itself.
local ELSEWHERE = {server_name = true, media_store_path = true}

-- The text of the comment about one option. A default that is only described in words stands behind it, not as value.
local function line_of(entry, settings)
  local source = settings.sources[entry.name]
  if source then return ("%s: set by the variable %s"):format(entry.option, source) end
  local default, note = default_text(entry), ""
  if entry.default_text then default, note = "", ("; default: %s"):format(default) end
  local outer, inner = entry.option:match "^([^.]+)%.(.+)$"
  local said = outer and ("%s: {%s: %s}"):format(outer, inner, default) or ("%s: %s"):format(entry.option, default)
  return ("%s    # %s%s"):format(said:gsub("%s+$", ""), entry.name, note)
end

local function entry_of(entry, settings, make)
  return {doc = make.raw(entry.doc), line = make.raw(line_of(entry, settings))}
end

local function topics_of(settings, make)
  local topics = {}
  for _, topic in ipairs(schema.topics) do
    local entries = {}
    for _, entry in ipairs(topic.entries) do
      local stands = entry.option and (not ELSEWHERE[entry.option] or settings.sources[entry.name])
      if stands and entry.option ~= "server_name" then
        entries[#entries + 1] = entry_of(entry, settings, make)
      end
    end
    if #entries > 0 then topics[#topics + 1] = {title = make.raw(topic.title), entries = entries} end
  end
  return topics
end

-- The set variables whose names begin with a prefix.
local function set_ones(settings, prefix)
  local names = {}
  for _, entry in ipairs(schema.entries) do
    local source = settings.sources[entry.name]
    if source and entry.name:sub(1, #prefix) == prefix then names[#names + 1] = source end
  end
  return #names > 0 and table.concat(names, ", ") or nil
end

--- The new file.
---@param view View
---@param make table see files
---@return File
function new_homeserver.file(view, make)
  local users, stated, settings = view.users, homeserver.stated(view), view.settings
  local base, name = view.paths.homeserver:match "^(.*)/([^/]+)$"
  local email = settings.SYNAPSE_EMAIL and set_ones(settings, "SYNAPSE_EMAIL")
  local services = settings.sources.SYNAPSE_AS_REGISTRATION_DIR
  local values = {
    server_name = stated.server_name, runtime = view.paths.runtime, signing_key_path = stated.signing_key_path,
    database_path = stated.database and stated.database.args.database or false,
    database_builtin = view.database.kind == "builtin",
    media_store_path = stated.media_store_path or false, secrets = {}, topics = topics_of(settings, make),
    email = email and make.raw(email) or false, appservices = services and make.raw(services) or false,
  }
  for _, secret in ipairs(homeserver.SECRETS) do
    local option = secret.option .. "_path"
    if stated[option] then values.secrets[#values.secrets + 1] = {option = option, path = stated[option]} end
  end
  return {base = base, path = name, mode = octal "0640", uid = users.own.uid, gid = users.synapse.gid, once = true,
    durable = true, bytes = make.template("homeserver.yaml", "yaml", values)}
end

return new_homeserver
