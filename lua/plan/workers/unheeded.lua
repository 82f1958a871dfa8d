-- Finds options in `shared` of the user's worker types that do not become what the file says: another worker type or
-- synlua sets them.

local instances = require "plan.workers.instances"
local tables = require "lib.tables"

local unheeded = {}

-- Whether a value has all of what another says: maps and lists may have more.
local function has(made, said)
  if type(said) ~= "table" or type(made) ~= "table" then return made == said end
  if #said == 0 then
    for key, inner in pairs(said) do
      if not has(made[key], inner) then return false end
    end
    return true
  end
  for _, item in ipairs(said) do
    local found = false
    for _, other in ipairs(made) do found = found or has(other, item) end
    if not found then return false end
  end
  return true
end

-- What sets an option in the place of the type, and what to do.
local function in_the_way(view, key, said)
  if key ~= "instance_map" and not has(view.shared[key], said) then
    return "another worker type sets it", "leave it to one of the two, or write leads = true"
  elseif not has(view.homeserver.options[key], said) then
    return "synlua sets it", "take it out; `synlua explain " .. key .. "` shows what it is"
  end
end

--- Warns of them.
---@param view View
---@param _ Problem[]
---@param warnings Problem[]
function unheeded.check(view, _, warnings)
  for name, names in tables.sorted(instances.by_type(view.instances)) do
    local kind = view.input.worker_types[name]
    local said = kind.where and kind.shared and kind.shared(tables.copy(names)) or {}
    for key, value in tables.sorted(said) do
      local what, hint = in_the_way(view, key, value)
      if what then
        warnings[#warnings + 1] = {where = kind.where("shared." .. key), hint = hint,
          what = ("shared: %s has no effect: %s"):format(key, what)}
      end
    end
  end
end

return unheeded
