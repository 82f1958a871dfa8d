-- Every variable there is, gathered from one table per topic, in the order in which defaults are worked out.

local later = require "settings.schema.later"
local obsolete = require "settings.schema.obsolete"
local tables = require "lib.tables"

---@class Entry
---@field name string
---@field kind string see settings.kinds
---@field default? any value, or function(settings, input) -> value; nil: unset
---@field default_text? string the default in words, where it is no plain value
---@field doc string
---@field acts "Synapse"|"nginx"|"synlua"
---@field option? string dotted option of homeserver.yaml the value goes into as it is
---@field secret? boolean never shown
---@field aliases? string[]
---@field required? boolean must be set while there is no homeserver.yaml; then `hint` says how
---@field inherited? boolean goes into the environment of Synapse's processes
---@field hands_on? string[] the names under which it does, whatever these are set to

---@class Pattern of names that are variables as well; shown, while env/layers.lua and settings/unknown.lua read them
---@field pattern true
---@field name string
---@field kind string in words
---@field doc string

local schema = {topics = {}, entries = {}, owner = {}, later = {}, obsolete = obsolete}

local TOPICS = {
  "identity", "synlua", "listeners", "workers", "homeserver", "database", "redis", "accounts", "mas", "email",
  "logging", "inherited",
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
    claim(entry.name, entry)
    for _, alias in ipairs(entry.aliases or {}) do claim(alias, entry) end
  end
end

for topic, names in tables.sorted(later) do
  for _, name in ipairs(names) do schema.later[name] = topic end
end

--- The names under which an entry may be set, its own first.
---@param entry Entry
---@return string[]
function schema.names(entry)
  return {entry.name, table.unpack(entry.aliases or {})}
end

return schema
