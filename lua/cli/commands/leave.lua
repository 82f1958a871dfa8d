-- EDGE
-- `synlua leave [FILE]`: writes a complete homeserver.yaml for plain Synapse, and lists the other files that it needs.

local file = require "core.file"
local leave = require "plan.homeserver.leave"
local configuration = require "cli.configuration"
local octal = require "lib.octal"
local yaml = require "lib.yaml"

local HEAD = "# All of Synapse's configuration, for Synapse without synlua. Written by synlua leave.\n"

local function target(arguments, view)
  local path = arguments.file
  if not path then return view.paths.homeserver:match "^(.*)/" .. "/homeserver.leave.yaml" end
  if path:sub(1, 1) == "/" then return path end
  return (file.realpath "." or "") .. "/" .. path
end

---@param arguments {file?: string}
---@return integer
return function(arguments)
  local done, input = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  local view = done.view
  local path, user = target(arguments, view), view.users.synapse
  local base, name = path:match "^(.*)/([^/]+)$"
  local function fail(what, hint) return configuration.report({{where = path, what = what, hint = hint}}, {}) end
  if file.stat(path) then return fail("exists already", "remove it, or name another file") end
  local made = leave.document(view)
  local is_root = input.host.uid == 0
  local as = {mode = octal "0600", uid = is_root and user.uid or nil, gid = is_root and user.gid or nil}
  local ok, what = file.replace(base == "" and "/" or base, name, HEAD .. assert(yaml.encode(made)), as)
  if not ok then return fail(what, "name another file") end
  io.stdout:write(table.concat(leave.words(view, made, path), "\n"), "\n")
  return 0
end
