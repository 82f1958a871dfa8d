-- EDGE
-- Adds the variables of the user's services to the one schema, so that they are read, listed and known as all others.

local catalog = require "input.catalog"
local guard = require "input.guard"
local kinds = require "settings.kinds"
local schema = require "settings.schema"

local own_settings = {}

local function text_of(value)
  if type(value) == "boolean" then return value and "yes" or "no" end
  return tostring(value)
end

-- The default as the value of its kind.
local function settle_default(said, entry)
  if entry.default == nil then return end
  local value, what, hint = kinds.parse(text_of(entry.default), entry)
  if what then return guard.fault(said.override, said.path .. ".default", what, hint) end
  entry.default = value
end

local added = false

--- Adds them once. Faults are those that guard.take gives.
function own_settings.add()
  if added then return end
  added = true
  for _, said in ipairs(catalog.settings()) do
    local entry = said.entry
    entry.acts = said.override.relative
    if entry.kind == "word" and not entry.words then
      guard.fault(said.override, said.path .. ".words", "is missing: a word needs the list of what it may be")
    elseif not schema.add(entry) then
      local other = schema.owner[entry.name]
      guard.fault(said.override, said.path .. ".name", ("%s is a variable of %s already"):format(entry.name,
        other and other.own and other.acts or "synlua"), "give it another name")
    else
      settle_default(said, entry)
    end
  end
end

return own_settings
