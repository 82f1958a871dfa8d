-- Hides the secrets of a document. A secret is found by its key or its path and not by its text, because a password may
-- be a word that stands in other places too.

local document = require "lib.document"
local secret_options = require "lib.secret_options"
local tables = require "lib.tables"

local hide = {}

hide.SHOWN = "(hidden)"

local is_name_of_secret = secret_options.is_name

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

-- Null and booleans are no secrets.
local function covered(value)
  local plain = document.plain(value)
  return (plain == nil or type(plain) == "boolean") and value or hide.SHOWN
end

function shown(value, under, hidden, path)
  local kind = document.kind(value)
  under = under or hidden[path] or false
  if kind == "map" or kind == "seq" then return shown_inside(value, under, hidden, path) end
  if under then return covered(value) end
  if kind == "string" then return without_login(value) end
  if kind ~= "scalar" then return value end
  local text = without_login(value.text)
  return text == value.text and value or text
end

--- What is hidden whatever its name is: what a layer has from a file, and what Synapse calls a secret.
---@param view View
---@param secrets? table<string, boolean> by dotted path
---@return table<string, boolean>
function hide.paths(view, secrets)
  local all = tables.copy(secrets or {})
  for _, layer in ipairs(view.admin.layers or {}) do
    for path in pairs(layer.hidden or {}) do all[path] = true end
  end
  return all
end

--- The document with its secrets hidden.
---@param value any
---@param hidden? table<string, boolean> dotted paths that are hidden whatever their name is
---@param path? string of the value itself
---@return any
function hide.document(value, hidden, path)
  local under, at = false, nil
  hidden = hidden or {}
  for part in (path or ""):gmatch "[^.]+" do
    at = at and at .. "." .. part or part
    under = under or hidden[at] or is_name_of_secret(part)
  end
  return shown(value, under, hidden, path or "")
end

return hide
