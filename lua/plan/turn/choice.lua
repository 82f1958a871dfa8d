-- Whether coturn runs, what clients are told of it, and the secret that it shares with Synapse.

local turn = {}

---@class Turn
---@field program string
---@field user User
---@field realm string
---@field listening string[] its addresses
---@field relays string[] addresses from which it relays, one of each family at most
---@field external? string the public address, where relays have another one
---@field asks? string the URL that its start asks for the public address
---@field measured? boolean its log is counted
---@field tls? {certificate: TurnFile, key: TurnFile}
---@field denied string[] ranges
---@field allowed string[] ranges
---@field uris string[] what clients are told where nobody says something else
---@field secret string the file of the secret where nobody says another

local SWITCH = "SYNAPSE_ENABLE_BUILTIN_COTURN"

--- What is known of coturn. false: it does not run.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Turn|false
function turn.of(view, problems, warnings)
  if not view.settings[SWITCH] or view.input.migrates then return false end
  return require "plan.turn.made"(view, problems, warnings)
end

--- The options of homeserver.yaml by which clients are told of coturn.
---@param said Turn|false
---@param settings Settings
---@return table
function turn.options(said, settings)
  if not said then return {} end
  return {turn_uris = not settings.sources.SYNAPSE_TURN_URIS and said.uris or nil,
    turn_shared_secret_path = not settings.sources.SYNAPSE_TURN_SECRET and said.secret or nil}
end

--- Whether synlua keeps the secret in a file of its own.
---@param view View
---@return boolean
function turn.keeps_secret(view)
  local options = view.homeserver.options
  return view.turn and options.turn_shared_secret == nil
    and tostring(options.turn_shared_secret_path) == view.turn.secret
end

--- The secret that Synapse makes credentials with. Its value is not known before the first start.
---@param view View
---@return string|nil
function turn.shared_secret(view)
  local said = view.homeserver.options.turn_shared_secret
  if said ~= nil then return tostring(said) end
  if turn.keeps_secret(view) then return view.input.turn.kept or "made-at-the-first-start" end
  return view.input.turn.named
end

return turn
