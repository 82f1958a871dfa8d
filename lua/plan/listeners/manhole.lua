-- Who may enter Synapse's manholes: never with the user and password that everybody knows.

local document = require "lib.document"

local manhole = {}

--- What goes into Synapse's option manhole_settings; nil where there is no manhole of ours, or homeserver.yaml says it.
---@param context table of plan.make
---@param password? string the one that is kept
---@return table?
function manhole.settings(context, password)
  local any = false
  for _, instance in ipairs(context.instances) do any = any or instance.addresses.manhole ~= nil end
  local said = context.homeserver and document.plain(context.homeserver).manhole_settings
  if not any or type(said) == "table" and said.password ~= nil then return end
  return {username = type(said) == "table" and said.username or "matrix",
    password = password or "made at the first start"}
end

return manhole
