-- All variables, gathered from one table per topic, in the order in which defaults are worked out.

local later = require "settings.schema.later"
local obsolete = require "settings.schema.obsolete"
local secret_options = require "lib.secret_options"
local tables = require "lib.tables"

---@class Entry
---@field name string
---@field kind string see settings.kinds
---@field default? any value, or function(settings, input) -> value; nil: unset
---@field default_text? string the default in words, if it is not a plain value
---@field otherwise? boolean the value of a text that is no boolean, with a warning; nil: such a text is a problem
---@field doc string
---@field acts "Synapse"|"nginx"|"Prometheus"|"coturn"|"synlua"
---@field option? string dotted option of homeserver.yaml that gets the value unchanged
---@field secret? boolean never shown, like the options of lib/secret_options.lua
---@field aliases? string[]
---@field required? boolean must be set if there is no homeserver.yaml; `hint` then says how
---@field inherited? boolean is set in the environment of Synapse's processes
---@field own? boolean a variable of a user's service; `acts` names its file
---@field hands_on? string[] the names under which it is set there; they replace variables of these names

---@class Pattern of names that are variables too; listed here only for documentation
---@field pattern true
---@field name string
---@field kind string in words
---@field doc string

local schema = {topics = {}, entries = {}, owner = {}, later = {}, obsolete = obsolete,
  families = {}} -- families: beginnings of the names of the user's own

local TOPICS = {
  "identity", "synlua", "listeners", "nginx", "limits", "workers", "homeserver", "database", "redis", "accounts", "mas",
  "email", "coturn", "logging", "metrics", "prometheus", "jobs", "backup", "housekeeping", "inherited",
}

local function claim(name, entry)
  assert(not schema.owner[name], name)
  schema.owner[name] = entry
end

for _, name in ipairs(TOPICS) do
  local topic = require("settings.schema." .. name)
  schema.topics[#schema.topics + 1] = topic
  for _, entry in ipairs(topic.entries) do
    schema.entries[#schema.entries + 1] = entry
    entry.secret = entry.secret or secret_options.is_variable(entry.name) or nil
    claim(entry.name, entry)
    for _, alias in ipairs(entry.aliases or {}) do claim(alias, entry) end
  end
end

for topic, names in tables.sorted(later) do
  for _, name in ipairs(names) do schema.later[name] = topic end
end

local own ---@type {title: string, entries: Entry[]}

--- Adds a variable of a user's service, which stands in no document of ours.
---@param entry Entry
---@return boolean false: the name is taken
function schema.add(entry)
  local name = entry.name
  if schema.owner[name] or schema.later[name] or obsolete[name] then return false end
  if not own then
    own = {title = "Your services", entries = {}}
    schema.topics[#schema.topics + 1] = own
  end
  entry.own, entry.secret = true, entry.secret or secret_options.is_variable(name) or nil
  own.entries[#own.entries + 1] = entry
  schema.entries[#schema.entries + 1] = entry
  schema.families[name:match "^[^_]+_"] = true
  claim(name, entry)
  return true
end

--- The names of an entry, its main name first.
---@param entry Entry
---@return string[]
function schema.names(entry)
  return {entry.name, table.unpack(entry.aliases or {})}
end

return schema
