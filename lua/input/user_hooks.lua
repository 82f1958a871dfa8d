-- EDGE
-- The hooks of init.lua, each with the guard around it.

local file = require "core.file"
local guard = require "input.guard"
local user_files = require "input.user_files"

local user_hooks = {}

local function hook(found, name)
  local fn, override = found.definition[name], found.override
  if not fn then return nil end
  return {
    where = guard.where(override, name),
    call = function(...) return guard.call(override, name, fn, ...) end,
    fault = function(what, hint) guard.fault(override, name, what, hint) end,
  }
end

--- The hook of a name, or nil.
---@param name "settings"|"plan"|"files"|"on"
---@return Hook?
function user_hooks.of(name)
  local found = user_files.hooks()
  return found and hook(found, name)
end

--- The program that tells `on` of events, or nil where there is no such hook.
---@return string?
function user_hooks.listener() return user_hooks.of "on" and file.realpath "/proc/self/exe" or nil end

return user_hooks
