-- EDGE
-- The host names among the trusted proxies, and their addresses. They are asked for once, at the start.

local environment = require "input.environment"
local system = require "core.system"
local text = require "lib.text"

local proxy_names = {}

local VARIABLES = {"SYNLUA_TRUSTED_PROXIES", "NGINX_TRUSTED_PROXIES"}
local WORDS = {unix = true, none = true, all = true}

local function resolved(name)
  local lines, why = system.addresses(name)
  if not lines then return {error = why} end
  local found, seen = {}, {}
  for one in lines:gmatch "[^\n]+" do
    one = one:gsub("%%.*$", "") -- the zone of a link-local address
    if not seen[one] then found[#found + 1] = one end
    seen[one] = true
  end
  table.sort(found)
  return {addresses = found}
end

---@class Resolved
---@field addresses? string[]
---@field error? string

--- Name -> its addresses, or why it has none. What is no name is left to the settings, which refuse it.
---@param all table<string, string>
---@return table<string, Resolved>
function proxy_names.read(all)
  local made = {}
  for _, variable in ipairs(VARIABLES) do
    for item in (environment.value(all, variable) or ""):lower():gmatch "[^,]+" do
      local name = text.trimmed(item)
      if not WORDS[name] and name:find "^[%w._-]+$" and name:find "%a" then made[name] = resolved(name) end
    end
  end
  return made
end

return proxy_names
