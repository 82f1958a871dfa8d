-- Top-level options of homeserver.yaml that Synapse does not know and silently ignores.

local distance = require "lib.distance"
local layers = require "input.layers"
local synapse_options = require "input.synapse_options"
local text = require "lib.text"

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
  for _, name in ipairs(synapse_options.unlisted(keys)) do
    if not (known and known[name]) then
      local meant = distance.nearest(name, synapse_options.names)
      local label = name:find "^[%w_.-]+$" and name or text.shown(name)
      warnings[#warnings + 1] = {where = layers.place(admin.layers, name),
        what = ("%s is no option of Synapse, which ignores it%s"):format(label,
          meant and ("; did you mean %s?"):format(meant) or ""),
        hint = meant and "mend the name" or "take it out"}
    end
  end
end

return unknown
