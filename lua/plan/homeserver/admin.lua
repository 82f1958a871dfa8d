-- Merges the admin's files and SYNAPSE_CONFIG__ variables.

local check = require "plan.homeserver.check"
local document = require "lib.document"
local layers = require "input.layers"
local sections = require "input.database_sections"

local admin = {}

---@class AdminConfig
---@field layers Layer[] lowest first
---@field plain_files integer how many of them are files that plain Synapse reads as well
---@field file? table what plain Synapse makes of these
---@field upheld? table the same without the options that a layer above takes back by null
---@field document? table all layers as one; nil where there is none
---@field asks_postgres? boolean for the built-in one: `database` says psycopg2 and names no server
---@field keys_directory? string where plain Synapse looks for a key without a path: beside its last file

-- Such a section says no more than that: it is left with what it says about connections.
local function take_nameless(made)
  if not sections.is_nameless(document.plain(made.document)) then return end
  made.asks_postgres, made.document = true, document.set(made.document, "database.name", nil)
  made.upheld = made.upheld and document.set(made.upheld, "database", nil)
end

--- Merges them. An option with a wrong type is a problem, and is left out.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return AdminConfig|nil
function admin.read(view, problems, warnings)
  check.shape(view.input, problems)
  if #problems > 0 then return end
  local list, plain = layers.of(view.input)
  local made = {
    layers = list, plain_files = plain, file = layers.shallow(list, plain), document = layers.merged(list, plain),
    upheld = layers.upheld(list, plain),
    keys_directory = plain > 0 and list[plain].name:match "^(.*)/" or nil,
  }
  if made.document then
    check.options(made, view, problems)
    take_nameless(made)
    if made.document.bind_port ~= nil or made.document.no_tls ~= nil then
      made.document = require("plan.listeners.old_options").applied(made, problems, warnings)
    end
    require("plan.homeserver.unknown").check(made, view.input.known, warnings)
  end
  return #problems == 0 and made or nil
end

--- The server's name.
---@param view View
---@return string|nil
function admin.server_name(view)
  local said = view.admin.document and document.plain(view.admin.document).server_name
  return said or view.settings.SYNAPSE_SERVER_NAME
end

return admin
