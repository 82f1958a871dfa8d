-- Finds names that are no top-level options of Synapse, by the shipped list.

local once = require "lib.once"
local text = require "lib.text"

local synapse_options = {}

local GUESSES = 200 -- only this many names are compared with all options, because each comparison takes time

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

--- What to say of a name that is no option, and what to do.
---@param name string
---@param at integer how many were complained of, with this one
---@return string what
---@return string hint
function synapse_options.complaint(name, at)
  local meant = at <= GUESSES and require("lib.distance").nearest(name, require "input.option_names") or nil
  local label = name:find "^[%w_.-]+$" and name or text.shown(name)
  return ("%s is no option of Synapse, which ignores it%s"):format(label,
    meant and ("; did you mean %s?"):format(meant) or ""), meant and "mend the name" or "take it out"
end

return synapse_options
