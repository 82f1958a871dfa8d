-- The values of templates/nginx.conf that the NGINX_ variables set. A directive that a piece of the admin's in the slot
-- http begins a line with is left to that piece, because nginx refuses it twice.

local buffers = require "settings.nginx_buffers"
local slots = require "files.slots"
local template = require "files.template"

local tuning = {}

-- What is worth compressing, beside HTML. Media are compressed already.
local TYPES = "application/json text/css application/javascript text/javascript image/svg+xml"

-- {directive, value, variable that sets it; nil: none}
local function compression(settings)
  local list = {
    {"gzip", "on"},
    {"gzip_comp_level", math.max(1, settings.NGINX_GZIP_COMP_LEVEL), "NGINX_GZIP_COMP_LEVEL"},
    {"gzip_http_version", settings.NGINX_GZIP_HTTP_VERSION, "NGINX_GZIP_HTTP_VERSION"},
    {"gzip_min_length", settings.NGINX_GZIP_MIN_LENGTH, "NGINX_GZIP_MIN_LENGTH"},
    {"gzip_buffers", ("%d %d"):format(buffers.COUNT, buffers.page(settings)), "NGINX_GENERAL_PAGE_SIZE_BYTES"},
    {"gzip_proxied", "any"}, {"gzip_vary", "on"}, {"gzip_types", TYPES},
  }
  if settings.NGINX_GZIP_COMP_LEVEL == 0 then table.remove(list, 1) end
  return list
end

local function on(value) return value and "on" or "off" end

local BUSY, TEMPORARY = "NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES", "NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES"

-- nginx works out two sizes from the others, also from those of the admin's pieces, if nothing says them.
local function answers(settings)
  local list = {
    {"proxy_buffering", on(settings.NGINX_PROXY_BUFFERING), "NGINX_PROXY_BUFFERING"},
    {"proxy_buffer_size", settings.NGINX_PROXY_BUFFER_SIZE_BYTES, "NGINX_PROXY_BUFFER_SIZE_BYTES"},
    {"proxy_buffers", ("%d %d"):format(buffers.COUNT, buffers.page(settings)), "NGINX_GENERAL_PAGE_SIZE_BYTES"},
    {"proxy_read_timeout", settings.NGINX_PROXY_READ_TIMEOUT .. "s", "NGINX_PROXY_READ_TIMEOUT"},
  }
  local usual = buffers.twice_the_largest(settings)
  if settings[TEMPORARY] ~= usual then
    table.insert(list, 4, {"proxy_temp_file_write_size", settings[TEMPORARY], TEMPORARY})
  end
  if settings[BUSY] ~= usual then table.insert(list, 4, {"proxy_busy_buffers_size", settings[BUSY], BUSY}) end
  return list
end

local function requests(settings)
  local keep = settings.NGINX_CLIENT_KEEPALIVE_ENABLE and settings.NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS or 0
  return {
    {"keepalive_timeout", keep .. "s", settings.NGINX_CLIENT_KEEPALIVE_ENABLE
      and "NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS" or "NGINX_CLIENT_KEEPALIVE_ENABLE"},
    {"client_body_buffer_size", settings.NGINX_CLIENT_BODY_BUFFER_SIZE_BYTES, "NGINX_CLIENT_BODY_BUFFER_SIZE_BYTES"},
    {"proxy_request_buffering", on(settings.NGINX_PROXY_REQUEST_BUFFERING), "NGINX_PROXY_REQUEST_BUFFERING"},
  }
end

local CACHE_LINE = 64

-- The map of the access log holds sockets, whose names are longer than those of pools, and there may be hundreds. Each
-- place of a table then has room for three of them, so that nginx finds a size at which all fit.
local function bucket(view, upstreams)
  local longest = 0
  for _, upstream in ipairs(upstreams) do longest = math.max(longest, #upstream.address) end
  if longest == 0 then return view.tuning.map_bucket end
  local bytes = 8 + 3 * (8 + (longest + 2 + 7) // 8 * 8)
  return math.max(view.tuning.map_bucket, -(-bytes // CACHE_LINE) * CACHE_LINE)
end

local function maps(view, upstreams)
  return {{"map_hash_max_size", view.tuning.map_size, "NGINX_MAP_HASH_MAX_SIZE"},
    {"map_hash_bucket_size", bucket(view, upstreams)}}
end

-- All values are made of numbers and of words of ours.
local function shown(view, list)
  local lines = {}
  for _, line in ipairs(list) do
    if not slots.says(view, "nginx.conf", "http", line[1]) then
      lines[#lines + 1] = template.raw(("%s %s;%s"):format(line[1], line[2], line[3] and " # " .. line[3] or ""))
    end
  end
  return lines
end

local function failures(settings)
  local most = settings.NGINX_UPSTREAM_SERVER_MAX_FAILS
  local times = most > 0 and (" fail_timeout=%ds"):format(settings.NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT) or ""
  return template.raw(("max_fails=%d%s"):format(most, times))
end

--- Adds the values to those of the template.
---@param view View
---@param values table of files.nginx.routes
function tuning.add(view, values)
  local settings, made = view.settings, view.tuning
  values.worker_processes, values.worker_connections, values.open_files = made.processes, made.connections,
    made.open_files
  values.tuning = {
    maps = shown(view, maps(view, values.access_log.upstreams)), compression = shown(view, compression(settings)),
    requests = shown(view, requests(settings)), answers = shown(view, answers(settings)),
    failures = failures(settings), keeps = made.idle ~= nil, idle_time = made.idle_seconds .. "s",
    idle_main = made.idle and made.idle.main or 0, idle_mas = made.idle and made.idle.mas or 0,
    compresses = settings.NGINX_GZIP_COMP_LEVEL > 0, waits_for_body = settings.NGINX_PROXY_REQUEST_BUFFERING,
  }
  for _, pool in ipairs(values.pools) do pool.idle = made.idle and made.idle.pools[pool.name] or 0 end
end

return tuning
