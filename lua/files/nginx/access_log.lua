-- The values of nginx.conf about the lines that nginx writes of its requests.

local tables = require "lib.tables"
local template = require "files.template"

local access_log = {}

-- What core/output/access.h reads. Then a tab, and the line of the access log.
local COUNTED = "$status $access_method $proxy_host $synlua_route $request_time $bytes_sent $request_length "
  .. "%s;$upstream_response_time;"

-- To print a time takes nginx 600 instructions. Over a Unix socket it connects at once or not at all, so there the
-- time would always be 0.
local CONNECT, AT_ONCE = "$upstream_connect_time", "="

-- The processes behind nginx, by what it says of them. Without its directory and ending, a socket is the name of one.
local function upstreams(values)
  local found, list = {}, {}
  local function add(address)
    local name = address:match "^unix:.*/([^/]+)%.sock$"
    if name then found[address] = name:gsub("(.)_public$", "%1") end
  end
  for _, server in ipairs(values.servers) do add(server.main_server) end
  for _, pool in ipairs(values.pools) do
    for _, server in ipairs(pool.servers) do add(server) end
  end
  for address, name in tables.sorted(found) do list[#list + 1] = {address = address, name = name} end
  return list
end

-- Whether all that nginx passes requests to listens on Unix sockets.
local function has_sockets_alone(values)
  for _, server in ipairs(values.servers) do
    if not server.main_server:find "^unix:" then return false end
  end
  for _, pool in ipairs(values.pools) do
    for _, server in ipairs(pool.servers) do
      if not server:find "^unix:" then return false end
    end
  end
  return true
end

---@class AccessLogHints
---@field sized? boolean a piece of the admin's says the size of tables, which may be too small for sockets
---@field others? boolean nginx passes requests to others than Synapse's processes too

--- Values for the template.
---@param log AccessLog
---@param values table of files.nginx.routes
---@param hints? AccessLogHints
---@return table
function access_log.values(log, values, hints)
  local said = hints or {}
  local counted = COUNTED:format(not said.others and has_sockets_alone(values) and AT_ONCE or CONNECT)
  return {
    any = log.fifo ~= false, on = log.form ~= false, brief = log.form == "brief", full = log.form == "full",
    path = log.path, upstreams = log.form and not said.sized and upstreams(values) or {},
    counts = log.counts, status = log.status and "unix:" .. log.status or false,
    counted = template.raw(("'%s'"):format(counted)),
    before = template.raw(log.counts and ("'%s\\t' "):format(counted) or ""),
  }
end

return access_log
