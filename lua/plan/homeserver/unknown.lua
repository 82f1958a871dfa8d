-- Options at the top of homeserver.yaml that Synapse does not read, which it passes over without a word.

local distance = require "lib.distance"
local layers = require "input.layers"
local names = require "input.option_names"
local text = require "lib.text"

local known = {}

local LISTED
local function listed(name)
  if not LISTED then
    LISTED = {}
    for _, each in ipairs(names) do LISTED[each] = true end
  end
  return LISTED[name] == true
end

-- A place for anchors; docker compose and others have the same habit.
local function is_free(name) return name:match "^x%-" or name:match "^%." end

--- Those of the names that the list does not have.
---@param all string[]
---@return string[]
function known.unlisted(all)
  local list = {}
  for _, name in ipairs(all) do
    if not listed(name) and not is_free(name) then list[#list + 1] = name end
  end
  return list
end

--- Warnings of unknown options.
---@param context table of plan.make
---@param warnings Problem[]
function known.check(context, warnings)
  local keys = {}
  for key in pairs(context.homeserver) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for _, name in ipairs(known.unlisted(keys)) do
    if not (context.known and context.known[name]) then
      local meant, label = distance.nearest(name, names), name:find "^[%w_.-]+$" and name or text.shown(name)
      warnings[#warnings + 1] = {where = layers.place(context.layers, name),
        what = ("%s is no option of Synapse, which ignores it%s"):format(label,
          meant and ("; did you mean %s?"):format(meant) or ""),
        hint = meant and "mend the name" or "take it out"}
    end
  end
end



return known
