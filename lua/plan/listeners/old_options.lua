-- What Synapse makes of options of old that are about listeners: bind_port stands for two, and `listeners` has no
-- effect beside it; no_tls leaves out those with TLS.

local document = require "lib.document"
local layers = require "input.layers"
local python = require "lib.python"

local old_options = {}

local TLS_OFFSET = 400 -- the port without TLS lies so far below the other

local function listener(port, tls, plain)
  local client = {names = document.seq {"client"}, compress = plain.gzip_responses ~= false}
  return document.map {type = "http", port = port, tls = tls,
    bind_addresses = document.seq {plain.bind_host or ""},
    resources = document.seq {document.map(client), document.map {names = document.seq {"federation"}}}}
end

local function of_bind_port(plain)
  local list, open = {listener(plain.bind_port, true, plain)}, plain.unsecure_port
  if open == nil then open = plain.bind_port - TLS_OFFSET end
  if python.is_true(open) then list[2] = listener(open, false, plain) end
  return document.seq(list)
end

local function without_tls(given, where, warnings)
  local kept = {}
  for _, item in ipairs(given) do
    local plain = document.plain(item)
    if type(plain) == "table" and plain.tls == true then
      warnings[#warnings + 1] = {where = where, hint = "take that listener out, or no_tls",
        what = ("the listener at port %s is left out: no_tls is set"):format(tostring(plain.port))}
    else
      kept[#kept + 1] = item
    end
  end
  return document.seq(kept)
end

--- The document with the listeners that Synapse would have.
---@param admin AdminConfig
---@param problems Problem[]
---@param warnings Problem[]
---@return table
function old_options.applied(admin, problems, warnings)
  local given = admin.document
  local plain = document.plain(given)
  local function place(option) return layers.place(admin.layers, option) end
  if not python.is_true(plain.bind_port) then
    if not python.is_true(plain.no_tls) or document.kind(given.listeners) ~= "seq" then return given end
    return document.set(given, "listeners", without_tls(given.listeners, place "no_tls", warnings))
  end
  if math.type(plain.bind_port) ~= "integer" then
    problems[#problems + 1] = {where = place "bind_port", what = "bind_port must be a port's number",
      hint = "write it without quotes; or take it out and say `listeners`"}
    return given
  end
  if python.is_true(plain.no_tls) then
    problems[#problems + 1] = {where = place "no_tls", what = "no_tls cannot be used together with bind_port",
      hint = "take both out, and say `listeners`"}
  end
  if type(plain.listeners) == "table" and next(plain.listeners) then
    warnings[#warnings + 1] = {where = place "bind_port", hint = "take one of the two out",
      what = "listeners has no effect beside bind_port, which makes listeners of its own"}
  end
  return document.set(given, "listeners", of_bind_port(plain))
end

return old_options
