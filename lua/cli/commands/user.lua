-- EDGE
-- `synlua user`: hands the request to templates/users.py (behind admin.py), which makes a user with Synapse's own tool
-- and changes others through the admin API. It asks for a password on the terminal, unless a file gives one.

local dkjson = require "dkjson"
local file = require "core.file"
local listening = require "disk.listening"
local configuration = require "cli.configuration"
local program = require "cli.program"
local synapse_process = require "plan.process.synapse"
local system = require "core.system"

local EX_USAGE, EX_UNAVAILABLE = 64, 69

-- If standard input is no terminal, the tool asks on the controlling terminal.
local function has_terminal()
  if system.is_terminal(0) then return true end
  local terminal <close> = io.open "/dev/tty"
  return terminal ~= nil
end

local PASSWORD_MAX = 64 * 1024

-- The password from a file or from standard input, nil if the tool is to ask for it; or nil and the error. synlua reads
-- it, because the tool runs as Synapse's user, who may have no access to the admin's file.
local function password(said)
  if said == "-" then
    if system.is_terminal(0) then return nil end
    return io.stdin:read(PASSWORD_MAX) or ""
  elseif said then
    local text, why = file.read(said, PASSWORD_MAX)
    return text, not text and ("%s: %s"):format(said, why) or nil
  elseif not has_terminal() then
    return nil, "there is no terminal to ask for the password; give it on standard input with --password-file -, "
      .. "or in a file with --password-file FILE"
  end
end

-- The arguments of Synapse's tool.
local function words(arguments, done, input)
  local list = {"-u", arguments.name, arguments.admin and "--admin" or "--no-admin"}
  for _, path in ipairs(synapse_process.files(done.view)) do table.move({"-c", path}, 1, 2, #list + 1, list) end
  if input then table.move({"--password-file", "/dev/stdin"}, 1, 2, #list + 1, list) end
  return list
end

local function request(arguments, done, input)
  local address = done.plan.instances[1].addresses.public
  if arguments.action == "add" then
    return {action = "add", arguments = words(arguments, done, input), address = address}
  end
  return {
    action = arguments.revoke and "revoke" or arguments.action, name = arguments.name or "",
    files = synapse_process.files(done.view), address = address,
    given = input ~= nil, keep = arguments.keep_sessions == true, json = arguments.json == true,
  }
end

local function ask(arguments, done, input)
  local templates = done.view.input.templates
  local argv = {done.settings.SYNLUA_SYNAPSE_PYTHON, "-I", "-W", "ignore", "-c",
    templates["admin.py"].text .. templates["users.py"].text, dkjson.encode(request(arguments, done, input))}
  return program.as_synapse(done.view, {argv = argv, cwd = synapse_process.directory(done.view), input = input})
end

local ASKS = {add = true, passwd = true}

---@param arguments {action: string, name?: string, admin?: boolean, password_file?: string, revoke?: boolean}
---@return integer
return function(arguments)
  local done = configuration.make()
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  local address = done.plan.instances[1].addresses.public
  if not listening.in_use(address) then
    io.stderr:write(("synlua: no homeserver answers on %s; start it first: synlua run\n"):format(
      address.socket or address.address .. ":" .. address.port))
    return EX_UNAVAILABLE
  end
  local input, fault
  if ASKS[arguments.action] then input, fault = password(arguments.password_file) end
  if fault then
    io.stderr:write("synlua: ", fault, "\n")
    return EX_USAGE
  end
  return ask(arguments, done, input)
end
