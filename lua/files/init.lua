-- Stage 4: makes files of the plan, each with base, path, bytes, mode and owner. Pure: disk/write.lua writes them.

local appservices = require "plan.homeserver.appservices"
local database = require "plan.database.choice"
local grounds = require "plan.identity.grounds"
local homeserver = require "plan.homeserver.merge"
local hex = require "lib.hex"
local jobs = require "plan.jobs"
local metrics_address = require "plan.metrics.address"
local new_homeserver = require "files.new_homeserver"
local octal = require "lib.octal"
local quote = require "files.quote"
local records = require "lib.records"
local relative = require "input.relative_paths"
local render = require "files.template.render"
local signing = require "plan.identity.signing"
local slots = require "files.slots"
local tables = require "lib.tables"
local template = require "files.template"
local turn = require "plan.turn.choice"

local files = {}

---@class File
---@field base string directory that is trusted
---@field path string below it
---@field bytes string
---@field mode integer
---@field uid integer
---@field gid integer
---@field once? boolean only written where it is missing
---@field unless? string only written while this other file of the base is missing
---@field secret? boolean never shown
---@field renewed? boolean a copy of the certificate, which a reload of nginx writes anew too
---@field own? boolean of a user's service
---@field made_by? string "service NAME"
---@field needs? {path: string, uid: integer, gid: integer} a directory of that user's that the file names
---@field otherwise? fun(): string its bytes where there is no such directory
---@field from? string the admin's file that it is a copy of
---@field inside? Inside[] pieces of the admin's that stand in it
---@field touched? boolean the admin has added to its template, or replaced it

-- The functions with which a service makes its files. They collect the problems of templates, the pieces that templates
-- include, and what the service has used of the admin's.
local function tools(view, encode, problems)
  local input, made = view.input, {pieces = {}, used = {}, touched = false, inside = {}}
  local make = {yaml = function(value) return assert(encode(value)) end}
  local function append(list, more) table.move(more, 1, #more, #list + 1, list) end
  -- The text of each slot. What is made twice, as nginx.conf for two directories, adds its pieces once.
  local function fill(name, format, place, compiled)
    local texts, pieces, faults, inside = slots.fill(view, name, format, place)
    made.inside = inside
    if made.used[name] then return texts end
    made.used[name] = compiled.slots
    append(made.pieces, pieces)
    append(problems, faults)
    made.touched = made.touched or #pieces + #inside > 0
    return texts
  end
  make.raw = render.raw
  -- The text, and the admin's file where that stands in for the shipped one.
  function make.text(name)
    local source = assert(input.templates[name], name)
    made.touched = made.touched or source.replaced == true
    return source.text, source.replaced and source.path or nil
  end
  function make.template(name, format, values, place)
    local source = assert(input.templates[name], name)
    local compiled, problem, text
    if source.replaced then
      compiled, problem = template.compile(source.text, source.path)
    else
      compiled, problem = template.shipped(name, source.text, source.path)
    end
    if compiled then
      made.touched = made.touched or source.replaced == true
      text, problem = render.run(compiled, values, quote[format], place and fill(name, format, place, compiled))
    end
    if not text then problems[#problems + 1] = problem end
    return text or "", place and made.inside
  end
  function make.program(name) return assert(input.programs[name], name) end
  return make, made
end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Base64 without padding, as Matrix writes keys.
local function base64(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local word = a << 16 | (b or 0) << 8 | (c or 0)
    for shift = 18, (c and 0) or (b and 6) or 12, -6 do
      local digit = word >> shift & 63
      out[#out + 1] = BASE64:sub(digit + 1, digit + 1)
    end
  end
  return table.concat(out)
end

-- The private key of Ed25519 is 32 random bytes. The version is its name, unique on this server.
local function signing_key(random)
  return ("ed25519 a_%s %s\n"):format(hex.of(random(3)), base64(random(32)))
end

local function secret_files(view, random)
  local list, user, options = {}, view.users.synapse, view.homeserver.options
  local function add(path, make, option, owner)
    owner = owner or user
    local absolute = relative.absolute(tostring(path), view.cwd)
    local base, name = absolute:match "^(/.*)/([^/]+)$"
    if option and not grounds.may_make(view, option, absolute) then return end
    if not base or (base == view.paths.data and view.input.keys[name]) then return end
    list[#list + 1] = {base = base, path = name, mode = octal "0600", uid = owner.uid, gid = owner.gid, once = true,
      durable = true, secret = true, bytes = random and make() or "made at the first start\n"}
  end
  for _, secret in ipairs {homeserver.REPLICATION, table.unpack(homeserver.SECRETS)} do
    local path = options[secret.option .. "_path"]
    if path then add(path, function() return hex.of(random(32)) .. "\n" end, secret.option .. "_path") end
  end
  if view.manhole then
    add(view.paths.data .. "/" .. records.MANHOLE, function() return view.manhole.password .. "\n" end)
  end
  if turn.keeps_secret(view) then
    add(view.turn.secret, function() return view.input.turn.kept .. "\n" end)
  end
  if metrics_address.keeps_token(view) then -- not Synapse's, which has no need of it
    add(view.paths.data .. "/" .. records.METRICS, function() return view.input.metrics_token .. "\n" end, nil,
      view.users.own)
  end
  local before = #list
  if options.signing_key_path then
    add(options.signing_key_path, function() return signing_key(random) end, "signing_key_path")
  end
  local made = list[before + 1]
  if made and signing.is_unconfirmed(view) then
    table.insert(list, before + 1, {base = made.base, path = records.NEW_KEY, mode = octal "0644", uid = user.uid,
      gid = user.gid, unless = made.path, durable = true, bytes = made.bytes:match "^ed25519 (%S+)" or made.bytes})
  end
  return list
end

-- The files of one service, and the pieces that its templates include.
local function add_service(list, service, name, view, make, made)
  made.pieces, made.touched = {}, false
  local own = service.files(view, make)
  for _, some in ipairs {own, made.pieces} do
    for _, file in ipairs(some) do
      file.made_by, file.touched = "service " .. name, made.touched or nil
      list[#list + 1] = file
    end
  end
end

--- All files of a plan.
---@param view View all results of the plan's steps
---@param tool {encode: fun(value: any): string, random?: fun(n: integer): string} no random: secrets show as not made
---@return File[]
---@return Problem[] problems
---@return Problem[] warnings
function files.make(view, tool)
  local problems, list = {}, {}
  local make, made = tools(view, tool.encode, problems)
  if not view.admin.file then list[1] = new_homeserver.file(view, make) end
  for _, file in ipairs(secret_files(view, tool.random)) do list[#list + 1] = file end
  for _, file in ipairs(appservices.files(view)) do list[#list + 1] = file end
  list[#list + 1] = database.record(view)
  for name, service in tables.sorted(view.catalog) do add_service(list, service, name, view, make, made) end
  for _, file in ipairs(jobs.files(view, make)) do list[#list + 1] = file end
  return list, problems, slots.unused(view, made.used)
end

return files
