-- What a template engine has left in the admin's files.

local document = require "lib.document"
local layers = require "input.layers"
local placeholder = require "lib.placeholder"
local secret_options = require "lib.secret_options"
local tables = require "lib.tables"

local placeholders = {}

-- Every text below, with its dotted path and the name that it stands under.
local function each(value, path, name, fn)
  local kind = document.kind(value)
  if kind == "scalar" then value, kind = value.text, "string" end
  if kind == "string" then return fn(value, path, name) end
  if kind ~= "map" and kind ~= "seq" then return end
  for key, inner in tables.sorted(value) do
    if type(key) ~= "table" then
      each(inner, path == "" and tostring(key) or path .. "." .. key, kind == "map" and key or name, fn)
    end
  end
end

local function look(given, problems, warnings, where)
  each(given, "", nil, function(text, path, name)
    local what, problem, hint = placeholder.fault(text, secret_options.is_name(name))
    if not what then return end
    local to = problem and problems or warnings
    to[#to + 1] = {where = where(path), what = path .. " " .. what, hint = hint}
  end)
end

--- Tells of all of them.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
function placeholders.check(view, problems, warnings)
  look(view.admin.document or document.map {}, problems, warnings, function(path)
    return layers.place(view.admin.layers, path:match "^[^.]*")
  end)
  for _, one in ipairs(view.input.appservices) do
    if one.document then look(one.document, problems, warnings, function() return one.path end) end
  end
end

return placeholders
