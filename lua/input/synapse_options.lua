-- Finds names that are no top-level options of Synapse, by the shipped list.

local names = require "input.option_names"

local synapse_options = {names = names}

local LISTED
local function is_listed(name)
  if not LISTED then
    LISTED = {}
    for _, each in ipairs(names) do LISTED[each] = true end
  end
  return LISTED[name] == true
end

-- Names that only hold anchors, as in docker compose.
local function is_free(name) return name:match "^x%-" or name:match "^%." end

--- The names that the list does not have.
---@param all string[]
---@return string[]
function synapse_options.unlisted(all)
  local list = {}
  for _, name in ipairs(all) do
    if not is_listed(name) and not is_free(name) then list[#list + 1] = name end
  end
  return list
end

return synapse_options
