-- The exporter that asks Redis how it is, for Prometheus.

local later = require "lib.later"
local exporters = later "plan.metrics.exporter" ---@module "plan.metrics.exporter"
local json = later "lib.json" ---@module "lib.json"
local octal = require "lib.octal"

local service = {api = 2}

local DIRECTORY = "redis_exporter"

-- Makes the same of the admin's file, which holds nothing but the password, and which may change: JSON that the program
-- reads once, from a pipe. From its environment it would tell the password to any server that a client names
-- (/scrape?target=).
local READ_PASSWORD = [[
password=$(sed 's/[\\"]/\\&/g; s/\t/\\t/g' <"$1") || exit
exec 3<<END
{$2:"$password",$3:"$password"}
END
shift 3
REDIS_PASSWORD_FILE=/dev/fd/3 exec "$@"]]

local function password_file(view) return view.paths.runtime .. "/" .. DIRECTORY .. "/password.json" end

-- For which addresses an exporter looks up the password. Later versions look for the one with the user in it, spelt as
-- Go spells it.
local function addresses(target)
  if not target.user then return target.address, target.address end
  local user = target.user:gsub("[^%w%-._~$&+,;=]", function(byte) return ("%%%02X"):format(byte:byte()) end)
  return target.address, (target.address:gsub("://", function(found) return found .. user .. "@" end, 1))
end

-- Its options that name files, and the fields of a target that do.
local FILES = {{"tls-ca-cert-file", "ca"}, {"tls-client-cert-file", "certificate"}, {"tls-client-key-file", "key"}}

local function arguments(exporter)
  local argv = {exporter.program, "-web.listen-address=" .. exporters.listen(exporter), "-log-format=txt"}
  for _, option in ipairs(FILES) do
    local path = exporter.target[option[2]]
    if path then argv[#argv + 1] = ("-%s=%s"):format(option[1], path) end
  end
  if exporter.target.password_path and not exporter.target.password then
    local address, with_user = addresses(exporter.target)
    return {"/bin/sh", "-c", READ_PASSWORD, "sh", exporter.target.password_path, json.encode(address),
      json.encode(with_user), table.unpack(argv)}
  end
  return argv
end

-- Files of the admin's that it must read.
local function reaches(exporter)
  local list, target = {}, exporter.target
  local function add(path)
    list[#list + 1] = path and {path = path, uid = exporter.user.uid, gid = exporter.user.gid, exists = true,
      read = true, hint = ("let that user read it for %s, or unset that"):format(exporter.variable)} or nil
  end
  for _, option in ipairs(FILES) do add(target[option[2]]) end
  add(not target.password and target.password_path)
  return list
end

---@param view View
---@return table|nil
function service.plan(view)
  local exporter = view.exporters.redis
  if not exporter then return end
  local target, environment = exporter.target, {"REDIS_ADDR=" .. exporter.target.address}
  if target.user then environment[2] = "REDIS_USER=" .. target.user end
  if target.password then environment[#environment + 1] = "REDIS_PASSWORD_FILE=" .. password_file(view) end
  local part = exporters.part(view, exporter, {argv = arguments(exporter), environment = environment, ready = "/health",
    directory = DIRECTORY, after = exporter.builtin and "redis" or "redis_outside"})
  for _, reach in ipairs(reaches(exporter)) do table.insert(part.reaches, reach) end
  return part
end

---@param view View
---@return table[]
function service.files(view)
  local exporter = view.exporters.redis
  local target = exporter and exporter.target
  if not target or not target.password then return {} end
  local address, with_user = addresses(target)
  return {{base = view.paths.runtime, path = DIRECTORY .. "/password.json", mode = octal "0640",
    uid = view.users.own.uid, gid = exporter.user.gid, secret = true,
    bytes = json.encode {[address] = target.password, [with_user] = target.password} .. "\n"}}
end

return service
