-- Which Python modules Synapse's processes find: the admin's own as well, and none that Synapse imports wherever it is
-- installed although the configuration does not use it. The admin's directories come last, so that nothing in them
-- stands in for a package that Synapse was installed with: pip puts copies of those beside a module.

local document = require "lib.document"
local octal = require "lib.octal"

local modules = {VARIABLE = "SYNLUA_PYTHON_PATH"}

-- With it a process would be 3.5 MB larger, and would import 58 modules more.
local TRACER = "jaeger_client"

local HOOK = "synapse/python" -- below the runtime directory; Python reads sitecustomize.py there at its start

--- The directories, those of the variable first.
---@param view View needs paths
---@return string[]
function modules.places(view)
  local list, seen = {}, {}
  local own = view.input.store.python and ":" .. view.paths.data .. "/python" or ""
  for place in ((view.settings[modules.VARIABLE] or "") .. own):gmatch "[^:]+" do
    if not seen[place] then list[#list + 1] = place end
    seen[place] = true
  end
  return list
end

local function traces(view)
  local said = view.homeserver.options.opentracing
  return document.kind(said) == "map" and document.plain(said).enabled or false
end

--- Adds what the environment of a process of Synapse's says of them. A program that runs with -I, where Python takes
--- nothing from its environment, appends the directories of the variable itself.
---@param view View needs homeserver and paths
---@param set table<string, string>
function modules.set(view, set)
  local places = modules.places(view)
  set.PYTHONPATH = view.paths.runtime .. "/" .. HOOK
  if #places > 0 then set[modules.VARIABLE] = table.concat(places, ":") end
  if not traces(view) then set.SYNLUA_PYTHON_WITHOUT = TRACER end
end

--- What Synapse's user must be able to use: the admin named it.
---@param view View
---@param user {uid: integer, gid: integer}
---@return table[]
function modules.reaches(view, user)
  local list = {}
  for place in (view.settings[modules.VARIABLE] or ""):gmatch "[^:]+" do
    list[#list + 1] = {path = place, uid = user.uid, gid = user.gid, exists = true, directory = true,
      hint = ("make it a directory that uid %d can read, or take it out of %s"):format(user.uid, modules.VARIABLE)}
  end
  return list
end

--- The file by which Python is told.
---@param view View
---@param make table see files
---@return table file
function modules.file(view, make)
  return {base = view.paths.runtime, path = HOOK .. "/sitecustomize.py", mode = octal "0640", uid = view.users.own.uid,
    gid = view.users.synapse.gid, bytes = make.text "sitecustomize.py"}
end

--- Its directory.
---@param view View
---@return table directory
function modules.directory(view)
  return {base = view.paths.runtime, path = HOOK, mode = octal "0750", uid = view.users.own.uid,
    gid = view.users.synapse.gid}
end

return modules
