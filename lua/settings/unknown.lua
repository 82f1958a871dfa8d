-- Checks names with our prefixes that are not in the schema: set by container engines, misspelt, or foreign.

local kinds = require "settings.kinds"
local schema = require "settings.schema"
local tables = require "lib.tables"
local text = require "lib.text"

local unknown = {}

local FAMILIES = {"SYNAPSE_", "NGINX_", "POSTGRES_", "COTURN_", "PROMETHEUS_", "SYNLUA_"}

-- Service links of Kubernetes and Docker. NAME_PORT is recognized by its value.
local INJECTED = {
  "_SERVICE_HOST$", "_SERVICE_PORT$", "_SERVICE_PORT_[%w_]+$", "^[A-Z]+_ENV_[%w_]+$",
  "_PORT_%d+_TCP$", "_PORT_%d+_TCP_[A-Z]+$", "_PORT_%d+_UDP$", "_PORT_%d+_UDP_[A-Z]+$", "_PORT_%d+_SCTP$",
  "_PORT_%d+_SCTP_[A-Z]+$",
}

local CACHE = "SYNAPSE_CACHE_FACTOR_"
local NESTED = "SYNAPSE_CONFIG__"

local function is_link(name, value)
  return name:find("_PORT$") and (value:find("^tcp://") or value:find("^udp://") or value:find("^sctp://"))
end

local function is_injected(name, value)
  if is_link(name, value) then return true end
  for _, pattern in ipairs(INJECTED) do
    if name:find(pattern) then return true end
  end
  return false
end

local function starts(name, prefix) return name:sub(1, #prefix) == prefix end

local function family(name)
  for _, prefix in ipairs(FAMILIES) do
    if starts(name:upper(), prefix) then return prefix end
  end
  local own = name:upper():match "^[^_]+_"
  return schema.families[own] and own or nil
end

local function is_known(name)
  return schema.owner[name] or schema.later[name] or schema.obsolete[name]
end

--- The name without _FILE, if that gives a known name.
---@param name string
---@return string
function unknown.stem(name)
  local stem = name:match("^(.+)_FILE$")
  return stem and not is_known(name) and is_known(stem) and stem or name
end

local known_spellings -- made for the first unknown name, because sorting takes time that most starts do not need

local function spellings()
  if known_spellings then return known_spellings end
  local all = {}
  for _, names in ipairs {schema.owner, schema.later, schema.obsolete} do
    for name in pairs(names) do
      all[name], all[name .. "_FILE"] = true, true
    end
  end
  known_spellings = tables.keys(all)
  return known_spellings
end

-- The nearest known name with a prefix. It differs by at most `most` letters, by one if the name is short.
local function near(name, prefix, most)
  local best, least = nil, most + 1
  for _, candidate in ipairs(spellings()) do
    if starts(candidate, prefix) and math.abs(#candidate - #name) < least then
      local allowed = #candidate - #prefix > 5 and most or 1
      local slips = require("lib.distance").of(name, candidate)
      if slips <= allowed and slips < least then best, least = candidate, slips end
    end
  end
  return best
end

local OTHER = {SYNAPSE_ = "SYNLUA_", SYNLUA_ = "SYNAPSE_"}

-- The known name, where the prefix is the other one of the two, or one too many: SYNAPSE_POSTGRES_HOST.
local function other_prefix(name, prefix)
  if not OTHER[prefix] then return end
  local rest = name:sub(#prefix + 1)
  if family(rest) and is_known(rest:gsub("_FILE$", "")) then return rest end
  return near(OTHER[prefix] .. rest, OTHER[prefix], 1)
end

--- The known name that was most likely meant.
---@param name string
---@return string?
function unknown.meant(name)
  local prefix, upper = family(name), name:upper()
  if not prefix then return end
  return near(upper, prefix, 2) or other_prefix(upper, prefix)
end

local function words_of(name)
  local words = {}
  for word in name:gmatch "[^_]+" do words[#words + 1] = word end
  table.sort(words)
  return words
end

-- Whether two sorted lists of words differ by one word at most, which one of them has more.
local function is_alike(a, b)
  if #a > #b then a, b = b, a end
  if #b - #a > 1 then return false end
  local skipped = 0
  for at, word in ipairs(a) do
    if word ~= b[at + skipped] then skipped = skipped + 1 end
    if skipped > #b - #a or word ~= b[at + skipped] then return false end
  end
  return true
end

--- The only known name with the same prefix and one word more, one less, or the same in another order.
---@param name string
---@return string?
function unknown.alike(name)
  local prefix, words, found = family(name), words_of(name:upper()), nil
  local of_file = name:upper():find "_FILE$" ~= nil
  for _, candidate in ipairs(spellings()) do
    if prefix and starts(candidate, prefix) and (candidate:find "_FILE$" ~= nil) == of_file
      and is_alike(words, words_of(candidate)) then
      if found then return nil end
      found = candidate
    end
  end
  return found
end

-- Makes a name printable: it may contain any byte but "=".
local function label(name)
  return name:find("^[%w_]+$") and name or text.shown(name)
end

local function judge(name, found)
  local where = label(name)
  if starts(name, NESTED) then return end -- an option of Synapse, which is read together with homeserver.yaml
  local meant = unknown.meant(name)
  if meant then
    found.problem(where, ("is not known; did you mean %s?"):format(meant),
      ("set %s, and unset this name"):format(meant))
  elseif not schema.families[family(name)] then -- other programs have variables of such names too
    local alike = unknown.alike(name)
    found.warning(where, "is not known and has no effect" .. (alike and ("; did you mean %s?"):format(alike) or ""),
      "unset it; `synlua env` lists every variable")
  end
end

local function cache_factor(name, value, found)
  local _, what, hint = kinds.parse(value, {kind = "number", min = 0})
  if what then
    found.problem(label(name), ("%s (value: %s)"):format(what, text.shown(value)), hint)
  else
    found.inherit(name, value)
  end
end

--- The environment without empty values and without variables that container engines set.
---@param environment table<string, string>
---@param found table receiver of warnings
---@return table<string, string>
function unknown.sift(environment, found)
  local kept = {}
  for name, value in tables.sorted(environment) do
    if is_known(name) and is_link(name, value) then
      found.warning(name, "looks like a service link set by a container engine and is ignored",
        "rename the service, disable service links, or set the variable")
    elseif value ~= "" and (is_known(name) or not is_injected(name, value)) then
      kept[name] = value
    end
  end
  return kept
end

--- Reports every name with our prefixes that has no effect.
---@param environment table<string, string> sifted
---@param found table receiver of problems, warnings and what Synapse inherits
function unknown.check(environment, found)
  for name, value in tables.sorted(environment) do
    local stem = unknown.stem(name)
    if schema.later[stem] then
      found.warning(name, "is not acted on by this version", "unset it, or leave it for a later version")
    elseif stem == "SYNAPSE_WORKER" and value:find "^synapse%.app%." and value ~= "synapse.app.homeserver" then
      found.problem(name, ("asks for %s alone, but one container runs all of Synapse's processes"):format(
        text.shown(value)), "unset it, and say which workers in SYNAPSE_WORKER_TYPES")
    elseif schema.obsolete[stem] then
      found.warning(name, "has no meaning here: " .. schema.obsolete[stem], "unset it")
    elseif not schema.owner[stem] and starts(name, CACHE) then
      cache_factor(name, value, found)
    elseif not schema.owner[stem] and family(name) then
      judge(name, found)
    end
  end
end

return unknown
