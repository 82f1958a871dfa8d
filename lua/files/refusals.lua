-- What Synapse's own parser refuses, as problems for the person who must mend them. Pure.

local layers = require "input.layers"

local refusals = {}

---@class Refusal one of templates/check_config.py
---@field process string
---@field text string
---@field file? string
---@field option? string[] its path
---@field line? integer
---@field column? integer
---@field yaml? boolean
---@field registration? boolean

local HINTS = {
  yaml = "mend the file; Synapse reads it with PyYAML, which refuses this",
  registration = "mend the registration; the bridge's documentation says how it is made",
  option = "mend that option; Synapse would not start with it",
  synlua = "this is the text of Synapse's own parser; synlua plan shows which files it is given",
}

local function is_admins(view, path)
  for at = 1, view.admin.plain_files do
    if view.admin.layers[at].name == path then return true end
  end
  return false
end

-- Whoever said an option first: a line of a file, a variable, or synlua.
local function place_of_option(view, refusal)
  local name = refusal.option[1]
  local said = view.admin.document and view.admin.document[name] ~= nil
  local origin = view.homeserver.origins[name]
  if said or is_admins(view, refusal.file) then return layers.place(view.admin.layers, name) end
  for path, by in pairs(view.homeserver.origins) do
    if not origin and path:sub(1, #name + 1) == name .. "." and by ~= "default" then origin = by end
  end
  if origin and origin ~= "default" and origin ~= "synlua" and origin ~= "homeserver.yaml" then return origin end
  return view.paths.homeserver
end

local function place_of(view, refusal)
  if refusal.line then return ("%s:%d:%d"):format(refusal.file, refusal.line, refusal.column) end
  if refusal.yaml or refusal.registration then return refusal.file end
  if refusal.option and refusal.option[1] then return place_of_option(view, refusal) end
  return view.paths.homeserver
end

local function problem_of(view, refusal)
  local option = refusal.option and refusal.option[1] and table.concat(refusal.option, ".")
  local what = refusal.text
  if option then what = ("%s: %s"):format(option, what) end
  if refusal.process ~= "main" then what = ("%s (of %s)"):format(what, refusal.process) end
  local hint = refusal.yaml and HINTS.yaml or refusal.registration and HINTS.registration or option and HINTS.option
  return {where = place_of(view, refusal), what = what, hint = hint or HINTS.synlua}
end

--- Problems, each once.
---@param view View
---@param list Refusal[]
---@return Problem[]
function refusals.of(view, list)
  local problems, seen = {}, {}
  for _, refusal in ipairs(list) do
    local problem = problem_of(view, refusal)
    local text = problem.where .. "\0" .. problem.what
    if not seen[text] then problems[#problems + 1] = problem end
    seen[text] = true
  end
  return problems
end

return refusals
