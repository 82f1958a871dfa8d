-- Lets the hook `files` of init.lua change the text of files, and add files of its own to the runtime directory.

local octal = require "lib.octal"
local tables = require "lib.tables"

local hooked = {}

local MODE, DIRECTORY_MODE = octal "0644", octal "0755"

-- What the hook sees of a file.
local SHOWN = {"base", "path", "bytes", "mode", "uid", "gid", "secret", "made_by"}

local function shown(item)
  local made = {}
  for _, name in ipairs(SHOWN) do made[name] = item[name] end
  return made
end

local function place(item) return ("%s/%s"):format(tostring(item.base), tostring(item.path)) end

local function is_inside(path) return path:find "^[^/]" and not ("/" .. path .. "/"):find "/%.?%.?/" end

-- A mode as text, such as "0640", or as the number that it is.
local function mode_of(mode)
  if type(mode) == "string" then return mode:find "^0[0-7][0-7][0-7]$" and octal(mode) or nil end
  return math.type(mode) == "integer" and mode >= 0 and mode <= octal "0777" and mode or nil
end

-- What is wrong with one file, and what to do.
local function fault_of(item, runtime)
  if type(item) ~= "table" then return "has an item that is no table", "write {base, path, bytes}" end
  if type(item.path) ~= "string" or not is_inside(item.path) then
    return ("has a path %s"):format(tostring(item.path)), "write a relative path without . and .."
  end
  if type(item.bytes) ~= "string" then return ("%s has no bytes"):format(item.path), "bytes is its text" end
  if item.mode ~= nil and not mode_of(item.mode) then
    return ("%s has the mode %s"):format(item.path, tostring(item.mode)), 'write the mode as text, such as "0644"'
  end
  if (item.base or runtime) ~= runtime then
    return ("%s is a new file below %s"):format(item.path, tostring(item.base)),
      "a new file goes into the runtime directory: leave base out"
  end
end

-- A file of the plan keeps its owner and place.
local function changed(before, item, hook)
  if type(item.bytes) ~= "string" then
    hook.fault(("%s has no bytes"):format(item.path), "bytes is its text")
    return before
  elseif before.once and item.bytes ~= before.bytes then
    hook.fault(("%s is made once and then left alone"):format(item.path), "change the file itself")
    return before
  end
  local made = tables.copy(before)
  if item.bytes ~= before.bytes then
    made.bytes, made.otherwise, made.needs, made.made_by = item.bytes, nil, nil, "init.lua"
  end
  return made
end

local function added(item, runtime, owner, hook)
  local what, hint = fault_of(item, runtime)
  if what then return hook.fault(what, hint) end
  return {base = runtime, path = item.path, bytes = item.bytes, mode = mode_of(item.mode) or MODE, uid = owner.uid,
    gid = owner.gid, secret = item.secret == true or nil, made_by = "init.lua"}
end

-- The directories below the runtime directory that are there, by their paths.
local function directories_of(plan, runtime)
  local there = {}
  for _, item in ipairs(plan.directories) do
    if item.base == runtime then there[item.path] = true end
  end
  return there
end

-- A plan with the directories in which new files stand.
local function with_directories(plan, list, owner)
  local runtime = plan.paths.runtime
  local there, made = directories_of(plan, runtime), tables.copy(plan)
  made.directories = tables.copy(plan.directories)
  for _, item in ipairs(list) do
    local path
    for part in (item.path:match "^(.*)/" or ""):gmatch "[^/]+" do
      path = path and path .. "/" .. part or part
      if not there[path] then
        there[path] = true
        made.directories[#made.directories + 1] = {base = runtime, path = path, mode = DIRECTORY_MODE, uid = owner.uid,
          gid = owner.gid}
      end
    end
  end
  return made
end

--- The files that the hook wants. Those that it leaves out stay as they are.
---@param files File[]
---@param plan Plan
---@param hook Hook
---@return File[]
---@return Plan plan with the directories of new files
function hooked.files(files, plan, hook)
  local given, by_place = {}, {}
  for at, item in ipairs(files) do given[at], by_place[place(item)] = shown(item), at end
  local ok, wanted = hook.call(given)
  if not ok or wanted == nil then return files, plan end
  if type(wanted) ~= "table" then
    hook.fault(("must return a list of files or nil, but returns a %s"):format(type(wanted)),
      "end it with return files")
    return files, plan
  end
  local made, new = tables.copy(files), {}
  for _, item in ipairs(wanted) do
    local at = type(item) == "table" and by_place[place(item)]
    if at then
      made[at] = changed(made[at], item, hook)
    else
      new[#new + 1] = added(item, plan.paths.runtime, plan.owner, hook)
    end
  end
  return table.move(new, 1, #new, #made + 1, made), with_directories(plan, new, plan.owner)
end

return hooked
