-- The credentials of Synapse's manholes. Synapse's default user and password, which everybody knows, are never used.

local document = require "lib.document"

local manhole = {}

--- The value of Synapse's option manhole_settings. nil if we open no manhole, or homeserver.yaml sets the option.
---@param view View
---@return table|false
function manhole.settings(view)
  local any = false
  for _, instance in ipairs(view.instances) do any = any or instance.addresses.manhole ~= nil end
  local said = view.admin.document and document.plain(view.admin.document).manhole_settings
  if not any or type(said) == "table" and said.password ~= nil then return false end
  return {username = type(said) == "table" and said.username or "matrix",
    password = view.input.manhole or "made at the first start"}
end

return manhole
