-- What is secret in an option or a file, and how it is shown instead.

local document = require "lib.document"
local tables = require "lib.tables"

local hide = {}

hide.SHOWN = "(hidden)"

-- How the last word of a name ends that holds a secret; what only names a file, a time or a switch does not.
local SECRET = {
  "pass$", "passwd$", "password$", "passphrase$", "secret$", "secret_key$", "private_key$", "signing_key$", "token$",
  "pepper$", "_jwt_key$", "api_key$",
}

local function is_name_of_secret(name)
  if type(name) ~= "string" then return false end
  local lower = name:lower()
  for _, pattern in ipairs(SECRET) do
    if lower:find(pattern) then return true end
  end
  return false
end

-- user:password@ of an address.
local function without_login(text)
  return (text:gsub("(://[^/@%s:]*:)[^/@%s]+@", "%1" .. hide.SHOWN .. "@"))
end

local shown

local function shown_inside(value, under, hidden, path)
  local is_map, made = document.kind(value) == "map", {}
  for key, inner in pairs(value) do
    local at = path
    if is_map then at = (path == "" and "" or path .. ".") .. document.path {key} end
    made[key] = shown(inner, under or (is_map and is_name_of_secret(key)), hidden, at)
  end
  return is_map and document.map(made) or document.seq(made)
end

-- Null and switches tell nothing.
local function covered(value)
  local plain = document.plain(value)
  return (plain == nil or type(plain) == "boolean") and value or hide.SHOWN
end

function shown(value, under, hidden, path)
  local kind = document.kind(value)
  if kind == "map" or kind == "seq" then return shown_inside(value, under, hidden, path) end
  if under or hidden[path] then return covered(value) end
  if kind == "string" then return without_login(value) end
  if kind ~= "scalar" then return value end
  local text = without_login(value.text)
  return text == value.text and value or text
end

--- A document as it may be shown.
---@param value any
---@param hidden? table<string, boolean> dotted paths that are hidden whatever their name is
---@param path? string of the value itself
---@return any
function hide.document(value, hidden, path)
  local under = false
  for part in (path or ""):gmatch "[^.]+" do under = under or is_name_of_secret(part) end
  return shown(value, under, hidden or {}, path or "")
end

local function gather(value, under, into)
  if type(value) == "table" then
    for key, inner in pairs(value) do gather(inner, under or is_name_of_secret(key), into) end
  elseif under and type(value) ~= "boolean" and #tostring(value) >= 4 then
    into[tostring(value)] = true
  end
end

--- Every secret that settings and options hold, longest first.
---@param settings Settings
---@param entries Entry[]
---@param options? table plain
---@return string[]
function hide.secrets(settings, entries, options)
  local found = {}
  for _, entry in ipairs(entries) do
    local value = entry.secret and settings[entry.name]
    if value then found[tostring(value)] = true end
  end
  gather(options or {}, false, found)
  local list = tables.keys(found)
  table.sort(list, function(a, b) return #a > #b end)
  return list
end

--- A text without any of the secrets as they are.
---@param text string
---@param secrets string[]
---@return string
function hide.text(text, secrets)
  for _, secret in ipairs(secrets) do
    text = text:gsub(secret:gsub("%p", "%%%0"), (hide.SHOWN:gsub("%%", "%%%%")))
  end
  return text
end

return hide
