-- Who may enter Synapse's manholes: never with the user and password that everybody knows.

local document = require "lib.document"

local manhole = {}

--- What goes into Synapse's option manhole_settings; nil where there is no manhole of ours, or homeserver.yaml says it.
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
