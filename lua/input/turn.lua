-- EDGE
-- What the built-in coturn needs from outside: the secret that it shares with Synapse, and the certificate where its
-- user cannot read it.

local certificate = require "input.certificate"
local document = require "lib.document"
local file = require "core.file"
local records = require "lib.records"
local relative_paths = require "input.relative_paths"
local store = require "input.store"

local turn = {}

local MAX = 64 * 1024

---@class TurnInput
---@field kept? string the secret in the data directory
---@field bad? boolean there is such a file, but no secret in it
---@field named? string the one in the file of turn_shared_secret_path
---@field copies table<string, string> certificate and key that coturn's user cannot read: path -> bytes

local function first_line(text) return (text or ""):match "^%s*([^\r\n]*[^%s])" end

-- A file that Synapse may have written is read as Synapse's user: no link leads to what Synapse cannot read itself.
local function named(made, merged)
  local path = merged and document.plain(merged).turn_shared_secret_path
  if type(path) ~= "string" or path == "" then return end
  return first_line(made.reader.read(relative_paths.absolute(path, made.cwd or made.places.data), MAX))
end

-- Read as a user that may read it anyway, with no right of root's.
local function copies(made, merged)
  local found, user = {}, made.host.users.turnserver
  if made.host.uid ~= 0 or not user then return found end
  for _, path in ipairs(certificate.paths(made, merged)) do
    local _, _, name = file.read_as(user, path, 1) -- a longer one is EFBIG
    if name == "EACCES" then
      local nginx = made.host.users["www-data"]
      found[path] = nginx and file.read_as(nginx, path, certificate.MAX) or made.reader.as_user(path, certificate.MAX)
    end
  end
  return found
end

--- Reads it. nil where coturn is not asked for.
---@param made Input
---@param merged? table the admin's document
---@param entries? table<string, table> what the data directory holds
---@return TurnInput|nil
function turn.read(made, merged, entries)
  if not made.host.addresses then return nil end
  local kept = first_line((store.record(made.places.data, entries, records.TURN)))
  return {kept = kept, bad = not kept and entries ~= nil and entries[records.TURN] ~= nil or nil,
    named = named(made, merged), copies = copies(made, merged)}
end

return turn
