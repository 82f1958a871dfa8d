-- Checks the variables of nginx together, by nginx's own rules; see settings/checks.lua.

local buffers = require "settings.nginx_buffers"

local checks = {}

local FIRST, BUSY = "NGINX_PROXY_BUFFER_SIZE_BYTES", "NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES"
local TEMPORARY, PAGE = "NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES", "NGINX_GENERAL_PAGE_SIZE_BYTES"
local MULTIPLIER = "NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER"

-- The name under which a variable is set, with its value.
local function said(case, name) return ("%s (%s)"):format(case.sources[name] or name, case.settings[name]) end

-- What makes the size of one buffer.
local function page_said(case)
  local settings = case.settings
  if settings.NGINX_PROXY_BUFFERING or settings[MULTIPLIER] == 1 then return said(case, PAGE) end
  return ("%s times %s"):format(said(case, PAGE), said(case, MULTIPLIER))
end

local function blamed(case, ...)
  for _, name in ipairs {...} do
    if case.given(name) then return case.sources[name] end
  end
  return (...)
end

local function check_least(case, name)
  local settings = case.settings
  local least, first = buffers.largest(settings), settings[FIRST]
  if settings[name] >= least then return end
  local other = first == least and case.given(FIRST) and said(case, FIRST) or page_said(case)
  case.problem(blamed(case, name), ("is %d, but must be at least as large as a buffer: %s makes one of %d bytes")
    :format(settings[name], other, least), ("set it to at least %d, or unset it"):format(least))
end

-- nginx refuses each of these sets, whether it buffers answers or not.
function checks.nginx_buffers(case)
  if not case.sound(FIRST, BUSY, TEMPORARY, PAGE, MULTIPLIER, "NGINX_PROXY_BUFFERING") then return end
  local settings = case.settings
  local most, page = buffers.most_busy(settings), buffers.page(settings)
  if page > buffers.LARGEST then
    case.problem(blamed(case, MULTIPLIER), ("makes buffers of %d bytes (%s), but one may have at most %d"):format(page,
      page_said(case), buffers.LARGEST), ("lower it, or %s"):format(PAGE))
    return
  elseif settings[FIRST] > most then
    case.problem(blamed(case, FIRST, PAGE), ("is %d, but may be at most %d, which is %d buffers of %s"):format(
      settings[FIRST], most, buffers.COUNT - 1, page_said(case)), ("lower it, or raise %s"):format(PAGE))
    return
  end
  check_least(case, BUSY)
  check_least(case, TEMPORARY)
  if case.given(BUSY) and settings[BUSY] > most then
    case.problem(blamed(case, BUSY), ("is %d, but may be at most %d, which is %d buffers of %s"):format(settings[BUSY],
      most, buffers.COUNT - 1, page_said(case)), ("lower it, or raise %s"):format(PAGE))
  end
end

local UPSTREAM = {"NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER", "NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS"}

-- The defaults of an earlier image. Whoever sets them asks for nothing, so no warning is due.
local USUAL = {
  [MULTIPLIER] = 1, NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT = 10, NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS = 60,
  [UPSTREAM[1]] = 1, [UPSTREAM[2]] = 60,
}

local function warn_idle(case, names, why, hint)
  local idle = {}
  for _, name in ipairs(names) do
    if case.given(name) and case.settings[name] ~= USUAL[name] then idle[#idle + 1] = case.sources[name] end
  end
  if #idle > 0 then case.warning(table.concat(idle, ", "), why, hint) end
end

function checks.nginx_idle(case)
  local settings = case.settings
  if not case.sound("NGINX_UPSTREAM_SERVER_MAX_FAILS", "NGINX_UPSTREAM_KEEPALIVE_ENABLE", UPSTREAM[1], UPSTREAM[2],
    "NGINX_CLIENT_KEEPALIVE_ENABLE", "NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS", "NGINX_PROXY_BUFFERING", MULTIPLIER,
    "NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT") then
    return
  end
  if settings.NGINX_UPSTREAM_SERVER_MAX_FAILS == 0 then
    warn_idle(case, {"NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT"},
      "no effect without NGINX_UPSTREAM_SERVER_MAX_FAILS, which is 0 unless set", "set both, or neither")
  end
  if not settings.NGINX_UPSTREAM_KEEPALIVE_ENABLE then
    warn_idle(case, UPSTREAM, "no effect without NGINX_UPSTREAM_KEEPALIVE_ENABLE", "unset one of the two")
  elseif settings[UPSTREAM[2]] >= 60 then
    case.warning(case.sources[UPSTREAM[2]], ("is %d, but nginx waits only 50 s: Synapse closes an idle connection "
      .. "after 60 s, and a request that is sent at that moment would be lost"):format(settings[UPSTREAM[2]]),
      "unset it, or set at most 50")
  end
  if not settings.NGINX_CLIENT_KEEPALIVE_ENABLE then
    warn_idle(case, {"NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS"}, "no effect without NGINX_CLIENT_KEEPALIVE_ENABLE",
      "unset one of the two")
  end
  if settings.NGINX_PROXY_BUFFERING then
    warn_idle(case, {MULTIPLIER}, "no effect with NGINX_PROXY_BUFFERING", "set NGINX_PROXY_BUFFERING=no, or unset it")
  end
end

return checks
