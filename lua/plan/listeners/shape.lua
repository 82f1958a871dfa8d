-- The form of a listener: what Synapse would refuse in one whose place nginx takes, so that Synapse never sees it, and
-- what has no effect.

local resources = require "plan.listeners.resources"
local tables = require "lib.tables"
local text = require "lib.text"

local shape = {}

-- All keys of a listener, and those of an item of its resources.
local KEYS = {
  type = true, port = true, bind_address = true, bind_addresses = true, tls = true, path = true, mode = true,
  x_forwarded = true, resources = true, additional_resources = true, tag = true, request_id_header = true,
}
local RESOURCE_KEYS = {names = true, compress = true}
-- Those that mean something for http alone.
local HTTP = {x_forwarded = true, resources = true, additional_resources = true, tag = true, request_id_header = true}

--- How messages call a listener.
---@param listener table plain
---@return string
function shape.describe(listener)
  return ("the listener at %s"):format(listener.port and "port " .. tostring(listener.port) or tostring(listener.path))
end

local function items(listener)
  return type(listener.resources) == "table" and listener.resources or {}
end

--- The resources that a listener names.
---@param listener table plain
---@return table<string, boolean>
function shape.names(listener)
  local names = {}
  for _, item in ipairs(items(listener)) do
    local said = type(item) == "table" and item.names or nil
    for _, name in ipairs(type(said) == "table" and said or {said}) do names[tostring(name)] = true end
  end
  return names
end

--- Whether any of its resources is to be compressed.
---@param listener table plain
---@return boolean
function shape.compresses(listener)
  for _, item in ipairs(items(listener)) do
    if type(item) == "table" and item.compress == true then return true end
  end
  return false
end

local GONE = {webclient = "take it out: Synapse no longer has a web client"}

local function name_faults(names, add)
  if names ~= nil and type(names) ~= "table" then
    return add("has names that are no list", "write them in brackets: names: [client]")
  end
  for _, name in ipairs(names or {}) do
    if not resources.KNOWN[name] then
      add(("names the resource %s, which Synapse does not know"):format(text.shown(tostring(name))),
        GONE[name] or "name one of " .. table.concat(tables.keys(resources.KNOWN), ", "))
    end
  end
end

local function item_faults(item, add)
  if type(item) ~= "table" then return add("has an item in resources that is no mapping", "write names: [...]") end
  for key in tables.sorted(item) do
    if not RESOURCE_KEYS[key] then
      add(("has %s in an item of resources, where only names and compress can be"):format(text.shown(tostring(key))),
        "take it out")
    end
  end
  if item.compress ~= nil and type(item.compress) ~= "boolean" then
    add("has a compress that is neither true nor false", "write true or false")
  end
  name_faults(item.names, add)
end

local TEXTS = {"tag", "request_id_header"}

--- What Synapse would refuse of an http listener, beside its addresses.
---@param listener table plain
---@return {what: string, hint: string}[]
function shape.faults(listener)
  local list, mode = {}, listener.mode
  local function add(what, hint)
    list[#list + 1] = {what = ("listeners: %s %s"):format(shape.describe(listener), what), hint = hint}
  end
  for _, item in ipairs(items(listener)) do item_faults(item, add) end
  if listener.path ~= nil and mode ~= nil and (math.type(mode) ~= "integer" or mode < 0 or mode > 511) then -- 0777
    add("has a mode that is no number of permissions", "write it in octal, without quotes: mode: 0660")
  end
  for _, key in ipairs(TEXTS) do
    if listener[key] ~= nil and type(listener[key]) ~= "string" then
      add(("has a %s that is no text"):format(key), "write it in quotes")
    end
  end
  local extra = listener.additional_resources
  if extra ~= nil and type(extra) ~= "table" then
    list[#list + 1] = {hint = "write a path and its module for each",
      what = ("listeners: additional_resources of %s are no mapping"):format(shape.describe(listener))}
  end
  return list
end

local function unknown_keys(listener, add)
  for key in tables.sorted(listener) do
    if type(key) == "string" and not KEYS[key] then
      local meant = require("lib.distance").nearest(key, tables.keys(KEYS))
      local guess = meant and ("; did you mean %s?"):format(meant) or ""
      local hint = meant and "mend the name" or "take it out"
      add(("has %s, which Synapse ignores%s"):format(text.shown(key), guess), hint)
    end
  end
end

--- What has no effect.
---@param listener table plain
---@param public boolean whether nginx takes its place
---@param on_sockets boolean whether Synapse's processes listen on Unix sockets behind nginx
---@return {what: string, hint: string}[]
function shape.idle(listener, public, on_sockets)
  local list = {}
  local function add(what, hint)
    list[#list + 1] = {what = ("%s %s"):format(shape.describe(listener), what), hint = hint}
  end
  unknown_keys(listener, add)
  if listener.type == "metrics" or listener.type == "manhole" then
    for key in tables.sorted(HTTP) do
      if listener[key] ~= nil then
        add(("has %s, which means nothing to a listener of type %s"):format(key, listener.type), "take it out")
      end
    end
  end
  if listener.path == nil and listener.mode ~= nil then
    add("has mode, which only a Unix socket has", "take it out")
  elseif listener.path ~= nil and listener.tls == true then
    add("has tls: true, but no Unix socket has TLS", "take it out")
  end
  if public and on_sockets and type(listener.tag) == "string" then
    add(("has the tag %s, but Synapse calls every Unix socket unix, and listens on one behind nginx"):format(
      text.shown(listener.tag)), "set SYNAPSE_PUBLIC_UNIX_SOCKETS=no to have the tag in Synapse's log, or take it out")
  end
  return list
end

return shape
