-- EDGE
-- `synlua leave [FILE]`: a complete homeserver.yaml for plain Synapse, and what else goes with it.

local file = require "core.file"
local leave = require "plan.leave"
local start = require "start"
local yaml = require "lib.yaml"

local HEAD = "# All of Synapse's configuration, for Synapse without synlua. Written by synlua leave.\n"

local function target(arguments, context)
  local path = arguments.file
  if not path then return context.paths.homeserver:match "^(.*)/" .. "/homeserver.leave.yaml" end
  if path:sub(1, 1) == "/" then return path end
  return (file.realpath "." or "") .. "/" .. path
end

---@param arguments {file?: string}
---@return integer
return function(arguments)
  local done, input = start.prepare()
  local status = start.report(done.problems, {})
  if status then return status end
  local context = done.context
  local path, user = target(arguments, context), context.users.synapse
  local base, name = path:match "^(.*)/([^/]+)$"
  local function fail(what, hint) return start.report({{where = path, what = what, hint = hint}}, {}) end
  if file.stat(path) then return fail("is there already", "remove it, or name another file") end
  local made = leave.document(context)
  local as = {mode = 384, uid = input.host.uid == 0 and user.uid or nil, gid = input.host.uid == 0 and user.gid or nil}
  local ok, what = file.replace(base == "" and "/" or base, name, HEAD .. assert(yaml.encode(made)), as)
  if not ok then return fail(what, "name another file") end
  io.stdout:write(table.concat(leave.words(context, made, path), "\n"), "\n")
  return 0
end
