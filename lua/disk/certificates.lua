-- EDGE
-- Asks a library what nginx's certificate says, as nginx's user: Synapse's Python has one, and a program `openssl` need
-- not be there.

local asking = require "disk.asking"
local dkjson = require "dkjson"
local hex = require "lib.hex"
local log = require "core.log"
local loop = require "core.loop"
local question = require "files.question"
local system = require "core.system"
local tls = require "plan.nginx.tls"
local validity = require "lib.validity"

local certificates = {}

local NAME = "the certificate's check"

local function problem_of(paths, places, fault)
  local name = paths[fault.file] and fault.file or "certificate"
  return {where = paths[name], what = tostring(fault.what), hint = ("%s (%s names it)"):format(tostring(fault.hint),
    places[name])}
end

local function finish(status)
  if status then loop.stop(status) end
end

-- What an answer means: a problem, or from when to when the certificate is good.
local function judge(paths, places, answer)
  if answer.problem then return problem_of(paths, places, answer.problem) end
  local from, till = math.tointeger(answer["from"]), math.tointeger(answer["until"])
  if from and till then return nil, {path = paths.certificate, from = from, until_ = till, ocsp = answer.ocsp} end
end

--- Asks about the certificate of a plan. go_on is called in any case: at once where there is none.
---@param done Stages without problems
---@param go_on fun(problem?: Problem, good?: Validity): integer|nil
---@return integer|nil
function certificates.ask(done, go_on)
  local view = done.view
  local said, user = view.tls, view.users.nginx
  if not said.certificate or not user or view.input.migrates or view.input.upgrades then return go_on() end
  local paths = {certificate = said.certificate.path, key = said.key.path}
  local places = {certificate = said.certificate.place, key = said.key.place}
  local copies = setmetatable({}, {__jsontype = "object"}) -- it cannot read these
  for name in pairs(paths) do
    local bytes = tls.copy(view, said[name])
    copies[name] = bytes and hex.of(bytes)
  end
  local privileged = system.identity().uid == 0
  local command = {argv = question.argv(view.settings.SYNLUA_SYNAPSE_PYTHON),
    environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, uid = privileged and user.uid or nil,
    gid = privileged and user.gid or nil}
  local text = ("%s\0%s"):format(view.input.templates["check_certificate.py"].text,
    dkjson.encode {paths = paths, copies = copies})
  local function unknown(why)
    log.write("debug", ("what the certificate says is not known: %s"):format(why))
    return go_on()
  end
  local why = asking.ask(NAME, command, text, function(ended)
    if ended.interrupted then return end
    if ended.unknown then return finish(unknown(ended.unknown)) end
    return finish(go_on(judge(paths, places, ended.answer)))
  end)
  if why then return unknown(why) end
end

--- Adds what is wrong with its time to the warnings.
---@param good? Validity
---@param warnings Problem[]
function certificates.warn(good, warnings)
  local what, hint
  if good then what, hint = validity.fault(good, os.time(), os.date) end
  if what then warnings[#warnings + 1] = {where = good.path, what = what, hint = hint} end
end

return certificates
