-- EDGE
-- `synlua user add`: Synapse's own tool, which talks to the running homeserver with the shared secret.

local preflight = require "disk.preflight"
local process = require "core.process"
local configuration = require "cli.configuration"

local EX_UNAVAILABLE = 69

---@param arguments {action: string, name: string, admin?: boolean, password_file?: string}
---@return integer
return function(arguments)
  local done = configuration.make()
  if #done.problems > 0 then return assert(configuration.report(done.problems, {})) end
  local paths, address = done.plan.paths, done.plan.instances[1].addresses.public
  if not preflight.in_use(address) then
    io.stderr:write(("synlua: no homeserver answers on %s; start it first: synlua run\n"):format(
      address.socket or address.address .. ":" .. address.port))
    return EX_UNAVAILABLE
  end
  local argv = {
    done.settings.SYNLUA_SYNAPSE_PYTHON, "-m", "synapse._scripts.register_new_matrix_user",
    "-c", paths.homeserver, "-c", paths.overlay,
    "-u", arguments.name, arguments.admin and "--admin" or "--no-admin",
  }
  if arguments.password_file then
    argv[#argv + 1] = "--password-file"
    argv[#argv + 1] = arguments.password_file
  end
  argv[#argv + 1] = done.plan.url
  local _, why = process.exec {argv = argv, environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}}
  io.stderr:write("synlua: ", why, "\n")
  return EX_UNAVAILABLE
end
