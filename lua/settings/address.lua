-- Grammar of addresses: IPv4 and IPv6 literals, host names, Matrix server names, http URLs, mail senders.

local text = require "lib.text"

local address = {}

--- The four numbers of an IPv4 literal.
---@param value string
---@return integer[]?
function address.ipv4(value)
  local numbers = {value:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")}
  if #numbers == 0 then return nil end
  for at, digits in ipairs(numbers) do
    if #digits > 3 or (#digits > 1 and digits:sub(1, 1) == "0") or tonumber(digits) > 255 then return nil end
    numbers[at] = math.tointeger(tonumber(digits))
  end
  return numbers
end

local function groups(part)
  local found = {}
  if part == "" then return found end
  for digits in (part .. ":"):gmatch("([^:]*):") do
    if not digits:find("^%x%x?%x?%x?$") then return nil end
    found[#found + 1] = tonumber(digits, 16)
  end
  return found
end

--- The eight groups of an IPv6 literal (no brackets, no zone).
---@param value string
---@return integer[]?
function address.ipv6(value)
  local lead, dotted = value:match("^(.*:)([%d.]+)$")
  if dotted and dotted:find(".", 1, true) then
    local four = address.ipv4(dotted)
    if not four then return nil end
    value = ("%s%x:%x"):format(lead, four[1] * 256 + four[2], four[3] * 256 + four[4])
  end
  local head, tail = value:match("^(.-)::(.*)$")
  if not head then
    local all = groups(value)
    return all and #all == 8 and all or nil
  end
  local left, right = groups(head), groups(tail)
  if not left or not right or #left + #right > 7 then return nil end
  for _ = 1, 8 - #left - #right do left[#left + 1] = 0 end
  return table.move(right, 1, #right, #left + 1, left)
end

-- Splits "host:port". The port is text, or nil if there is none.
local function halves(value)
  if value:sub(-1) == "]" then return value end
  local host, port = value:match("^(.*):([^:]*)$")
  return host or value, port
end

local function is_port(digits)
  local number = digits:find("^%d%d?%d?%d?%d?$") and tonumber(digits)
  return number and number >= 1 and number <= 65535
end

local function is_name(value, pattern)
  if #value > 255 then return false end
  for label in (value .. "."):gmatch("([^.]*)%.") do
    if not label:find(pattern) then return false end
  end
  return true
end

local NAME_HINT = "write only the name, such as example.org or example.org:8448"

local function server_name_hint(value)
  if value:find("://", 1, true) or value:find("/", 1, true) then return NAME_HINT .. ", without https:// and path" end
  if value:find("@", 1, true) then return NAME_HINT .. ", without a user" end
  if value:find("_", 1, true) then return "Synapse takes no underscore in a server name; " .. NAME_HINT end
  if value:find("[\x80-\xFF]") then return "write the name in its ASCII form (xn--...)" end
  return NAME_HINT
end

--- A Matrix server name: host name, IPv4 or [IPv6], with an optional port.
---@param value string
---@return string? value
---@return string? what
---@return string? hint
function address.server_name(value)
  if #value > 255 then return nil, "is longer than the 255 bytes a server name may have", NAME_HINT end
  local host, port = halves(value)
  if value:find("/", 1, true) then return nil, "is not a server name", server_name_hint(value) end
  if port and not is_port(port) then
    return nil, "is not a server name: its port must be 1 to 65535", server_name_hint(value)
  end
  local literal = host:match("^%[(.*)%]$")
  if literal then
    if not address.ipv6(literal) then
      return nil, "is not a server name: no valid IPv6 address in the brackets", NAME_HINT
    end
  elseif not is_name(host, "^[%w-]+$") then
    return nil, "is not a server name", server_name_hint(value)
  end
  return value
end

local function host_hint(value)
  if value:find("^%[") then return "write an IPv6 address without brackets" end
  if value:find("://", 1, true) then return "write the host alone, without a scheme" end
  if value:find(":", 1, true) then return "write the host alone; the port has a variable of its own" end
  return "write a host name such as db, or an IP address"
end

--- A host to connect to: a name (underscores allowed), an IPv4 or IPv6 address.
---@param value string
---@return string? value
---@return string? what
---@return string? hint
function address.host(value)
  local fits
  if value:find(":", 1, true) then
    fits = address.ipv6(value)
  elseif value:find("^[%d.]+$") then
    fits = address.ipv4(value)
  else
    fits = is_name((value:gsub("%.$", "")), "^[%w_-]+$")
  end
  if not fits then return nil, "is not a host name or IP address", host_hint(value) end
  return value
end

local URL_HINT = "write it whole, such as https://matrix.example.org"

local function url_authority(value)
  local host, port = halves(value)
  if port and not is_port(port) then return false end
  local literal = host:match("^%[(.*)%]$")
  if literal then return address.ipv6(literal) end
  return host ~= "" and not host:find(":", 1, true) and address.host(host)
end

--- An absolute http or https URL; `base` refuses query, fragment and user as well.
---@param value string
---@param base? boolean
---@return string? value
---@return string? what
---@return string? hint
function address.url(value, base)
  if value:find("[^\x21-\x7E]") then
    return nil, "is not a URL: it has a blank, a control character or a character outside ASCII", "percent-encode it"
  end
  local authority, rest = value:match("^https?://([^/?#]*)(.*)$")
  if not authority then return nil, "is not an absolute http or https URL", URL_HINT end
  if base and (rest:find("[?#]") or authority:find("@", 1, true)) then
    return nil, "must be a URL without user, query and fragment", URL_HINT
  end
  if not url_authority(authority:gsub("^.*@", "")) then return nil, "is a URL without a valid host", URL_HINT end
  return value
end

--- The address of a service, which is also written into nginx's configuration. Nothing may follow its path, and the
--- path may contain only the characters of a path.
---@param value string
---@return string? value
---@return string? what
---@return string? hint
function address.service_url(value)
  local url, what, hint = address.url(value, true)
  if not url then return nil, what, hint end
  local path = url:match "^https?://[^/]*(.*)$"
  if path:find "[^%w/._~!&'()*+,;=:@%%-]" or path:gsub("%%%x%x", ""):find("%", 1, true) then
    return nil, "has a character in its path that no path of a URL may have", "percent-encode it"
  end
  return url
end

local SENDER_HINT = "write noreply@example.org or My Server <noreply@example.org>"

local function is_mailbox(value)
  local user, domain = value:match("^([^@]+)@([^@]+)$")
  return user and not user:find('[%s<>,:;"()%[%]\\]') and is_name(domain, "^[%w-]+$")
end

-- Synapse applies Python's % operator to the sender; the only name it knows is `app`.
local function has_stray_percent(value)
  return value:gsub("%%%%", ""):gsub("%%%(app%)s", ""):find("%", 1, true) ~= nil
end

--- The sender of mail: an address, or a name with an address in angle brackets.
---@param value string
---@return string? value
---@return string? what
---@return string? hint
function address.sender(value)
  if text.has_control(value) or value:find("[\x80-\xFF]") then
    return nil, "must be one line of ASCII text", SENDER_HINT
  end
  if has_stray_percent(value) then
    return nil, "has a percent sign that is not part of %(app)s", "write %% for a percent sign"
  end
  local name, mailbox = value:match("^(.-)%s*<([^<>]*)>$")
  if name then
    local plain = name:gsub("%%%(app%)s", "")
    if plain:find('[,:;<>@"()%[%]\\]') and not plain:find('^"[^"\\]*"$') then
      return nil, "has a name with characters that end it early", "put the name in double quotes"
    end
  end
  if not is_mailbox(mailbox or value) then return nil, "is not a mail address", SENDER_HINT end
  return value
end

return address
