-- EDGE
-- `synlua leave [FILE]`: writes a complete homeserver.yaml for plain Synapse, and lists the other files that it needs.

local file = require "core.file"
local leave = require "plan.homeserver.leave"
local configuration = require "cli.configuration"
local grounds = require "plan.identity.grounds"
local octal = require "lib.octal"
local quote = require "files.quote"
local yaml = require "lib.yaml"

local S_ISVTX = octal "01000"

local HEAD = "# All of Synapse's configuration, for Synapse without synlua. Written by synlua leave.\n"

local function target(arguments, view)
  local path = arguments.file
  if not path then return view.paths.homeserver:match "^(.*)/" .. "/homeserver.leave.yaml" end
  if path:sub(1, 1) == "/" then return path end
  return (file.realpath "." or "") .. "/" .. path
end

local function word(path) return path:find "^[%w/._-]+$" and path or quote.shell(path) end

local function is_shared(stat, user) return stat and stat.uid == 0 and stat.gid == user.gid end

-- The directories that starts made root's, each true by its path, and in order.
local function directories(view, user)
  local list = {}
  for _, item in ipairs(grounds.directories(view)) do
    local stat = file.stat(item.base)
    if is_shared(stat, user) and stat.mode & S_ISVTX ~= 0 then
      list[#list + 1], list[item.base] = word(item.base), true
    end
  end
  return list
end

-- How to give back what starts made root's, so that it is Synapse's again: nil where nothing is. A homeserver.yaml that
-- was root's before goes with its directory, in which it is Synapse's to replace.
local function back(view)
  local user, path = view.users.synapse, view.paths.homeserver
  if user.uid == 0 then return end
  local config, closed = file.stat(path), directories(view, user)
  local owned = {table.unpack(closed)}
  if is_shared(config, user) or (config and config.uid == 0 and closed[path:match "^(.*)/"]) then
    table.insert(owned, 1, word(path))
  end
  if #owned == 0 then return end
  return ("chown %d:%d %s%s"):format(user.uid, user.gid, table.concat(owned, " "),
    #closed > 0 and " && chmod 755 " .. table.concat(closed, " ") or "")
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
  io.stdout:write(table.concat(leave.words(view, made, path, back(view)), "\n"), "\n")
  return 0
end
