-- The answers for /.well-known/matrix/client, server and support: from Synapse's own options, and above them from the
-- admin's well-known.yaml. nginx serves them, so that clients get them while Synapse does not run.

local document = require "lib.document"
local mas = require "plan.identity.mas"
local tables = require "lib.tables"

local well_known = {}

well_known.NAMES = {"client", "server", "support"}

local ISSUER = "org.matrix.msc2965.authentication"

local function is_map(value) return document.kind(value) == "map" end

local function problem(view, what, hint)
  local path = view.input.well_known and view.input.well_known.path or view.paths.homeserver
  return {where = path, what = what, hint = hint or "mend the file; synlua never changes it"}
end

-- Returns the sections of the file, and adds its problems.
local function read(view, problems)
  local said, found = view.input.well_known and view.input.well_known.document, {}
  if said == nil then return found end
  if not is_map(said) then
    problems[#problems + 1] = problem(view, "must be a mapping with client, server and support")
    return found
  end
  local known = {}
  for _, name in ipairs(well_known.NAMES) do
    known[name] = true
    if is_map(said[name]) then
      found[name] = said[name]
    elseif said[name] ~= nil then
      problems[#problems + 1] = problem(view, name .. " must be a mapping")
    end
  end
  for key in tables.sorted(document.plain(said)) do
    if not known[key] then
      problems[#problems + 1] = problem(view, ("has %s, which is none of client, server and support"):format(
        tostring(key)), "put what clients should read below client")
    end
  end
  return found
end

local function with_slash(url) return url:sub(-1) == "/" and url or url .. "/" end

-- Synapse's own answer, if it would give one. Otherwise the file alone decides.
local function client(view, said)
  local options = view.homeserver.options
  if options.public_baseurl == nil and not said then return end
  local base = options.public_baseurl or "https://" .. view.server_name
  local made = document.map {["m.homeserver"] = document.map {base_url = with_slash(tostring(base))}}
  if options.default_identity_server then
    made["m.identity_server"] = document.map {base_url = options.default_identity_server}
  end
  local extra = document.get(view.homeserver.merged, "extra_well_known_client_content")
  return document.merge(document.merge(is_map(extra) and extra or document.map {}, made), said)
end

local function server(view, said)
  if view.homeserver.options.serve_server_wellknown ~= true then return said end
  local name = view.server_name
  local has_port = name:find "^%[.*%]:%d+$" or name:find "^[^:%[]+:%d+$"
  return document.merge(document.map {["m.server"] = has_port and name or name .. ":443"}, said)
end

--- The answers of nginx: name -> document.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return table<string, table>
function well_known.answers(view, problems, warnings)
  local said = read(view, problems)
  local answers = {client = client(view, said.client), server = server(view, said.server), support = said.support}
  -- Only the authentication service knows its issuer, and Synapse asks it, so Synapse must answer.
  if answers.client and mas.options(view) and answers.client[ISSUER] == nil then
    if said.client then
      warnings[#warnings + 1] = problem(view, "is not used for clients: with Matrix Authentication Service "
        .. "clients must read who issues tokens, and this file does not say it, while Synapse does",
        ("add %s: {issuer: ..., account: ...} below client"):format(ISSUER))
    end
    answers.client = nil
  end
  if answers.server and document.plain(answers.server)["m.server"] == nil then
    problems[#problems + 1] = problem(view, "server has no m.server", "say host:port there")
  end
  for name, answer in tables.sorted(answers) do
    local made, why = require("lib.json").encode(answer)
    if not made then problems[#problems + 1] = problem(view, name .. " " .. why) end
  end
  return answers
end

return well_known
