-- Finds names that are no top-level options of Synapse, by the shipped list.

local once = require "lib.once"

local synapse_options = {}

--- All options that are listed, by name.
---@return table<string, boolean>
synapse_options.listed = once(function()
  local listed = {}
  for _, name in ipairs(require "input.option_names") do listed[name] = true end
  return listed
end)

-- Names that only hold anchors, as in docker compose.
local function is_free(name) return name:match "^x%-" or name:match "^%." end

--- The names that the list does not have.
---@param all string[]
---@return string[]
function synapse_options.unlisted(all)
  local list = {}
  for _, name in ipairs(all) do
    if not synapse_options.listed()[name] and not is_free(name) then list[#list + 1] = name end
  end
  return list
end

return synapse_options
