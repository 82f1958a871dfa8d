-- Registrations of application services. What Synapse would refuse is found here, all at once, each with its file: only
-- what its own loader refuses as well. That is asked before a start, and knows more.

local document = require "lib.document"
local octal = require "lib.octal"

local appservices = {}

local HINT = "mend the registration; the bridge's documentation says how it is made"

local STRINGS = {"as_token", "hs_token", "id", "sender_localpart"}
local NAMESPACES = {"aliases", "rooms", "users"}

local function fault(list, path, what, hint) list[#list + 1] = {where = path, what = what, hint = hint or HINT} end

local function check_namespace(path, name, entries, list)
  if document.kind(entries) ~= "seq" then
    fault(list, path, ("namespaces.%s must be a list"):format(name))
    return
  end
  for at, entry in ipairs(document.plain(entries)) do
    local place = ("namespaces.%s[%d]"):format(name, at)
    if type(entry) ~= "table" or type(entry.regex) ~= "string" then
      fault(list, path, place .. " needs a regex, in quotes")
    elseif type(entry.exclusive) ~= "boolean" then
      fault(list, path, place .. " needs exclusive: true or false")
    end
  end
end

local function check_url(path, registration, plain, list)
  if registration.url == nil then
    fault(list, path, "has no url", "name where the service listens, or write url: null where it wants no events")
  elseif plain.url ~= nil and type(plain.url) ~= "string" then
    fault(list, path, "url must be text or null")
  end
end

local function check_one(path, registration, list)
  if document.kind(registration) ~= "map" then
    fault(list, path, "must be a mapping")
    return {}
  end
  local plain = document.plain(registration)
  for _, name in ipairs(STRINGS) do
    if plain[name] == nil then
      fault(list, path, "has no " .. name)
    elseif type(plain[name]) ~= "string" then
      fault(list, path, name .. " must be text, in quotes")
    end
  end
  if type(plain.sender_localpart) == "string" and plain.sender_localpart:find "[^%w_.~/-]" then
    fault(list, path, "sender_localpart may only have letters, digits and _ . ~ / -")
  end
  check_url(path, registration, plain, list)
  if document.kind(registration.namespaces) ~= "map" then
    fault(list, path, "has no namespaces, or they are no mapping")
  else
    for _, name in ipairs(NAMESPACES) do
      local entries = registration.namespaces[name]
      if entries ~= nil then check_namespace(path, name, entries, list) end
    end
  end
  return plain
end

local function check_unique(seen, key, value, path, list)
  if type(value) ~= "string" then return end
  local first = seen[key .. value]
  if first then
    fault(list, path, ("has the same %s as %s"):format(key, first), "remove one of the two, or give it another " .. key)
  end
  seen[key .. value] = first or path
end

--- Problems of all registrations. No message has a token in it.
---@param view View
---@param list Problem[]
function appservices.check(view, list)
  local seen, uid = {}, view.users.own.uid
  for _, one in ipairs(view.input.appservices) do
    if one.fault then
      fault(list, one.fault.where, one.fault.what,
        one.fault.hint or ("make it a registration that uid %d can read"):format(uid))
    else
      local plain = check_one(one.path, one.document, list)
      for _, key in ipairs {"id", "as_token"} do check_unique(seen, key, plain[key], one.path, list) end
    end
  end
end

--- The list for Synapse: the admin's files, then those of the directories.
---@param named any app_service_config_files so far
---@param registrations Registration[]
---@return any? nil where there is nothing to add
function appservices.listed(named, registrations)
  if named ~= nil and document.kind(named) ~= "seq" then return end
  local all, has, count = {}, {}, 0
  for at, path in ipairs(named or {}) do all[at], has[path] = path, true end
  for _, one in ipairs(registrations) do
    if one.found and not has[one.path] then
      all[#all + 1] = one.path
      count = count + 1
    end
  end
  return count > 0 and document.seq(all) or nil
end

--- The files that Synapse's user must be able to read.
---@param registrations Registration[]
---@param user {uid: integer, gid: integer}
---@return table[]
function appservices.reaches(registrations, user)
  local list = {}
  for _, one in ipairs(registrations) do
    list[#list + 1] = not one.made and {path = one.path, uid = user.uid, gid = user.gid, exists = true, read = true,
      hint = ("let Synapse's user read it: chown %d:%d, or chgrp %d and chmod g+r"):format(user.uid, user.gid,
        user.gid)} or nil
  end
  return list
end

--- The files of those that this start makes. Synapse and the service read them.
---@param view View
---@return File[]
function appservices.files(view)
  local list, user = {}, view.users.synapse
  for _, one in ipairs(view.input.appservices) do
    list[#list + 1] = one.made and {base = view.paths.config, path = one.made, mode = octal "0640", uid = user.uid,
      gid = user.gid, once = true, durable = true, secret = true, bytes = one.text} or nil
  end
  return list
end

--- The directory of these files, where it is missing.
---@param view View
---@return table[]
function appservices.directories(view)
  local user = view.users.synapse
  for _, one in ipairs(view.input.appservices) do
    if one.made then
      return {{base = view.paths.config, path = "appservices", mode = octal "0750", uid = user.uid, gid = user.gid,
        adopt = "none"}}
    end
  end
  return {}
end

return appservices
