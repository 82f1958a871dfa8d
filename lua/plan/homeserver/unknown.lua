-- Finds top-level options of homeserver.yaml that Synapse does not know and silently ignores.

local layers = require "input.layers"
local synapse_options = require "input.synapse_options"
local text = require "lib.text"

local unknown = {}

local GUESSES = 200 -- only this many names are compared with all options, because each comparison takes time

local function warning(admin, name, meant)
  local label = name:find "^[%w_.-]+$" and name or text.shown(name)
  return {where = layers.place(admin.layers, name), hint = meant and "mend the name" or "take it out",
    what = ("%s is no option of Synapse, which ignores it%s"):format(label,
      meant and ("; did you mean %s?"):format(meant) or "")}
end

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
      local meant = at <= GUESSES and require("lib.distance").nearest(name, require "input.option_names") or nil
      warnings[#warnings + 1] = warning(admin, name, meant)
    end
  end
end

return unknown
