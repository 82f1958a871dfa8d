-- The kinds of values of variables. Each turns a text into a value, or tells what is wrong and what to do.

local address = require "settings.address"
local amounts = require "settings.amounts"
local networks = require "settings.networks"
local places = require "lib.places"
local text = require "lib.text"

local kinds = {}

---@alias Parse fun(value: string, entry: table, input?: SettingsInput): any, string|table|nil, string?

---@type table<string, Parse>
local parse = {}

local BOOLEANS = {
  yes = true, y = true, ["true"] = true, t = true, on = true, ["1"] = true,
  no = false, n = false, ["false"] = false, f = false, off = false, ["0"] = false,
}

function parse.boolean(value)
  local known = BOOLEANS[value:lower()]
  if known ~= nil then return known end
  return nil, "must be yes or no", "write yes, y, true, t, on or 1; or no, n, false, f, off or 0"
end

function parse.yes_no(value)
  local word = value:lower()
  if word == "yes" or word == "no" then return word == "yes" end
  return nil, "must be exactly yes or no", "write yes or no; true, false, 1 and 0 are not taken here"
end

local function range(entry)
  local min, max = entry.min, entry.max
  if min and max then return (" from %s to %s"):format(min, max) end
  return min and (" of at least %s"):format(min) or max and (" of at most %s"):format(max) or ""
end

local function within(number, entry)
  return number and not (entry.min and number < entry.min) and not (entry.max and number > entry.max)
end

function parse.integer(value, entry)
  local number = value:find("^-?%d+$") and math.tointeger(tonumber(value))
  if within(number, entry) then return number end
  return nil, "must be a whole number" .. range(entry), "write digits only, no unit and no separators"
end

function parse.number(value, entry)
  local written = value:find("^-?%d+%.?%d*$") or value:find("^-?%.%d+$")
  local number = written and tonumber(value)
  if within(number, entry) and math.abs(number) < math.huge then return number end
  return nil, "must be a number" .. range(entry), "write it as 2 or 0.5"
end

function parse.port(value)
  local number = parse.integer(value, {min = 1, max = 65535})
  if number then return number end
  return nil, "must be a port number from 1 to 65535", "write digits only, such as 8008"
end

function parse.size(value, entry)
  local digits, unit = value:upper():match("^0*(%d+)([KMGT]?)$")
  local bytes = digits and amounts.bytes(digits .. unit)
  if bytes and bytes >= (entry.min or 1) then return digits .. unit end
  local what = entry.min and (" of at least %d bytes"):format(entry.min) or ""
  return nil, "must be a size" .. what, "write a whole number of bytes, or one with K, M, G or T, such as 50M"
end

function parse.duration(value, entry)
  local time = amounts.milliseconds(value)
  if time and time >= (entry.min or 1) then return (value:gsub("^0+(%d)", "%1")) end
  return nil, "must be a duration",
    "write a whole number with s, m, h, d, w or y, such as 5m; without a letter it is milliseconds"
end

function parse.path(value)
  if text.has_control(value) then
    return nil, "must be a path without control characters", "remove line breaks and tabs"
  end
  if value:sub(1, 1) ~= "/" then return nil, "must be an absolute path", "begin it with /" end
  for part in value:gmatch("[^/]+") do
    if part == "." or part == ".." then return nil, "must be a path without . and .. in it", "write the path out" end
  end
  return places.clean(value)
end

--- Directories with colons between them, as PATH has them.
function parse.directories(value)
  local list = {}
  for item in (value .. ":"):gmatch "([^:]*):" do
    local path = parse.path(item)
    if not path then
      return nil, "must be absolute paths of directories, with colons", "begin each with /, and write no . or .. in it"
    end
    list[#list + 1] = path
  end
  return table.concat(list, ":")
end

function parse.server_name(value) return address.server_name(value) end
function parse.url(value, entry)
  if entry.service then return address.service_url(value) end
  return address.url(value, entry.base)
end

function parse.sender(value) return address.sender(value) end

function parse.host(value, entry)
  if not entry.socket or value:sub(1, 1) ~= "/" then return address.host(value) end
  return parse.path(value)
end

function parse.word(value, entry)
  local wanted = entry.case == "upper" and value:upper() or value:lower()
  for _, word in ipairs(entry.words) do
    if word == wanted then return word end
  end
  return nil, "must be one of " .. table.concat(entry.words, ", "), "write one of these words"
end

function parse.string(value, entry)
  if entry.single_line and text.has_control(value) then
    return nil, "must be one line without control characters", "remove line breaks and tabs"
  end
  return value
end

local function begins_with(value, prefixes)
  for _, prefix in ipairs(prefixes) do
    if value:sub(1, #prefix) == prefix and #value > #prefix then return true end
  end
  return false
end

local CHECK_ITEMS = "check each item of the list"

local function list_item_fault(item, entry)
  if item == "" then return "has an empty item", "write the items with one comma between two of them" end
  if text.has_control(item) then return "has a control character in an item", "remove line breaks and tabs" end
  if entry.prefixes and (item:find("%s") or not begins_with(item, entry.prefixes)) then
    return "has an item that does not begin with " .. table.concat(entry.prefixes, " or "), CHECK_ITEMS
  end
  if entry.words and select(2, parse.word(item, entry)) then
    return "may only name " .. table.concat(entry.words, ", "), CHECK_ITEMS
  end
end

function parse.list(value, entry)
  local items = {}
  for item in (value .. ","):gmatch("([^,]*),") do
    item = text.trimmed(item)
    local what, hint = list_item_fault(item, entry)
    if what then return nil, what, hint end
    items[#items + 1] = entry.words and parse.word(item, entry) or item
  end
  return items
end

-- May return several faults, each with its column.
function parse.workers(value, _, input)
  local memory = input.memory or input.host.memory
  local workers = require "settings.worker_list"
  local asked, faults = workers.read(value, input.worker_types, {cpus = input.host.cpus, memory = memory})
  if asked then return asked end
  return nil, faults
end

function parse.addresses(value, entry)
  local items, what, hint = parse.list(value, entry)
  if not items then return nil, what, hint end
  return require "settings.listen".read(items)
end

function parse.ports(value) return require "settings.ports".of(value) end

function parse.networks(value, entry)
  local items, what, hint = parse.list(value, entry)
  if not items then return nil, what, hint end
  return networks.read(items, entry)
end

function parse.endpoint(value, entry) return require "settings.endpoint".read(value, entry) end
function parse.timespan(value, entry) return require "settings.timespan".read(value, entry) end
function parse.own_addresses(value, entry) return require "settings.own_addresses"(value, entry) end

-- Kinds of one topic, with the module that has them.
for kind, module in pairs {bytes = "settings.nginx_kinds", seconds = "settings.nginx_kinds",
  auto = "settings.nginx_kinds", metrics_address = "settings.metrics_kinds", token = "settings.metrics_kinds",
  cron = "settings.job_kinds", levels = "settings.job_kinds", age_recipients = "settings.backup_kinds"} do
  parse[kind] = function(value, entry) return require(module)[kind](value, entry) end
end

--- Whether there is a kind of this name.
---@param name string
---@return boolean
function kinds.known(name) return parse[name] ~= nil end

--- The value of a text for a schema entry. The second result tells a fault, because a value may be false.
---@param value string not empty
---@param entry table schema entry
---@param input? SettingsInput
---@return any value
---@return string|table|nil what what is wrong, without the value itself; or a list of {what, hint}
---@return string? hint
function kinds.parse(value, entry, input)
  local what, hint = text.fault(value)
  if what then return nil, what, hint end
  local result
  result, what, hint = parse[entry.kind](value, entry, input)
  if not what then return result end
  if type(what) == "table" then return nil, what end
  local bare = text.bare(value)
  if bare ~= value and bare ~= "" and not select(2, parse[entry.kind](bare, entry)) then
    hint = "remove the quotes or blanks around the value"
  end
  return nil, what, hint
end

return kinds
