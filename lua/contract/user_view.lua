-- Makes the view that the functions of a user's service get: copies of what contract/view.lua describes. A shipped
-- service that a user's file extends gets the plan's own view in its place.

local copies = require "contract.copies"
local described = require "contract.view"
local distance = require "lib.distance"
local records = require "lib.records"
local tables = require "lib.tables"

local user_view = {}

local originals = setmetatable({}, {__mode = "k"}) -- a user's view -> the plan's

local NAMES = {}
for at, field in ipairs(described.fields) do NAMES[at] = field.name end
table.sort(NAMES)

local makers = {}

function makers.paths(view, name)
  local paths, made = view.paths, {}
  for key, path in pairs(paths) do made[key] = path end
  made.own, made.state = user_view.own(view, name), user_view.state(view, name)
  return tables.freeze(made, "view.paths")
end

function makers.urls(view)
  local public = view.homeserver.options.public_baseurl
  return tables.freeze({homeserver = view.front.url, public = public and tostring(public) or nil}, "view.urls",
    {homeserver = true, public = true})
end

-- `drop` is for copies of shipped services.
function makers.users(view)
  local made = {}
  for name, user in pairs(view.users) do made[name] = copies.deep(user) end
  return tables.freeze(made, "view.users", {nginx = true, redis = true, postgres = true, prometheus = true,
    coturn = true})
end

-- Which services there are. Their functions would give tables that the plan uses.
function makers.catalog(view)
  local made = {}
  for name, service in pairs(view.catalog) do made[name] = {api = service.api} end
  return tables.freeze(made, "view.catalog", view.catalog)
end

--- Where the files of a service go.
---@param view View
---@param name string of its file
---@return string
function user_view.own(view, name) return view.paths.runtime .. "/own/" .. name end

--- Where a service keeps what lasts.
---@param view View
---@param name string of its file
---@return string
function user_view.state(view, name) return records.state(view.paths.data, name) end

local function unknown(key)
  local meant = distance.nearest(tostring(key), NAMES)
  error(("the view has no field %q%s"):format(tostring(key), meant and ("; did you mean %q?"):format(meant)
    or ("; it has " .. table.concat(NAMES, ", "))), 3)
end

--- A view for the functions of one file. What is described, and every other result of the plan, is copied when it is
--- first read.
---@param view View
---@param name string of the service's file
---@return table
function user_view.of(view, name)
  local made, known = {}, {urls = true}
  for key in pairs(view) do known[key] = true end
  local own = setmetatable({}, {
    __index = function(_, key)
      if not known[key] then unknown(key) end
      if made[key] == nil then
        if makers[key] then made[key] = makers[key](view, name) else made[key] = copies.deep(view[key]) end
      end
      return made[key]
    end,
    __newindex = function(_, key) error(("the view is read-only (field %q)"):format(tostring(key)), 2) end,
    __name = "view",
  })
  originals[own] = view
  return own
end

--- The plan's view behind a user's; any other value as it is.
---@param view any
---@return any
function user_view.original(view) return originals[view] or view end

return user_view
