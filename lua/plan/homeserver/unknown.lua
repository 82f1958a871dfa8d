-- Finds top-level options of homeserver.yaml that Synapse does not know and silently ignores.

local layers = require "input.layers"
local synapse_options = require "input.synapse_options"

local unknown = {}

--- Warnings of unknown options.
---@param admin AdminConfig
---@param known? table<string, boolean> options that the installed Synapse has
---@param warnings Problem[]
function unknown.check(admin, known, warnings)
  local keys = {}
  for key in pairs(admin.document) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for at, name in ipairs(synapse_options.unlisted(keys)) do
    if not (known and known[name]) then
      local what, hint = synapse_options.complaint(name, at)
      warnings[#warnings + 1] = {where = layers.place(admin.layers, name), what = what, hint = hint}
    end
  end
end

return unknown
