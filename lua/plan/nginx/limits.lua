-- What nginx accepts of a client: how large, how slow, and how often.

local amounts = require "settings.amounts"

local limits = {}

local MEGABYTE = 1024 * 1024
-- Synapse's own limit for all requests except uploads (MAX_REQUEST_SIZE: 200 events).
local REQUEST = 200 * 65536
local LARGEST = 1 << 62 -- nginx counts bytes in a signed number of 64 bits

-- Seconds. A phone sends its head at once, also in a bad network, but a transfer of it may pause in a tunnel. An upload
-- is the one that nobody wants to begin again.
local HEAD, BODY, UPLOAD, ANSWER = 20, 30, 60, 60
local REQUESTS_PER_CONNECTION = 10000

---@class Limits
---@field request integer bytes of a body
---@field upload integer bytes of an uploaded file
---@field head_s integer for the whole head of a request
---@field body_s integer between two parts of a body
---@field upload_s integer between two parts of an upload
---@field answer_s integer between two parts of an answer that the client takes
---@field requests_per_connection integer
---@field connections integer|false requests of one address at the same time
---@field logins integer|false of one address in a minute
---@field login_wait_s integer until one more login is accepted
---@field per_address boolean whether addresses are counted

-- The limit for uploads is a little above Synapse's own, so that Synapse itself refuses a file that is too large.
-- Synapse also refuses a value that is no size.
local function upload(said)
  local bytes
  if type(said) == "string" then
    bytes = amounts.bytes((said:gsub("_", ""))) -- as Python reads numbers
  elseif math.type(said) == "integer" then
    bytes = math.max(said, 0)
  end
  return math.min(bytes or 50 * MEGABYTE, LARGEST) + MEGABYTE
end

---@param view View
---@return Limits
function limits.of(view)
  local settings = view.settings
  local connections, logins = settings.SYNLUA_CONNECTIONS_PER_ADDRESS, settings.SYNLUA_LOGINS_PER_MINUTE
  return {
    request = REQUEST, upload = upload(view.homeserver.options.max_upload_size),
    head_s = HEAD, body_s = BODY, upload_s = UPLOAD, answer_s = ANSWER,
    requests_per_connection = REQUESTS_PER_CONNECTION,
    connections = connections or false, logins = logins or false, login_wait_s = math.ceil(60 / (logins or 60)),
    per_address = (connections or logins) ~= nil,
  }
end

return limits
