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

--- Adds them. To be called once.
---@return Problem[] faults
function own_settings.add()
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
  return guard.take()
end

local LEAST = 4 -- a shorter text stands in many places by chance

local function secrets_of(settings)
  local list = {}
  for _, entry in ipairs(schema.entries) do
    local value = entry.secret and settings[entry.name]
    if type(value) == "string" and #value >= LEAST then list[#list + 1] = value end
  end
  return list
end

--- Marks files of the user's services that hold the value of a secret variable, so that no command shows them.
---@param done Stages
function own_settings.hide(done)
  local secrets = secrets_of(done.settings)
  for _, file in ipairs(done.files) do
    for _, secret in ipairs(secrets) do
      if file.own and file.bytes:find(secret, 1, true) then file.secret = true end
    end
  end
end

return own_settings
