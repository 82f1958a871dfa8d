-- Reads the arguments that the official image's `run` takes.

local official = {}

---@class OfficialArguments
---@field config_path? string
---@field notes string[] what has no meaning any more
---@field fault? string what cannot be meant

local MAIN = "synapse.app.homeserver"

-- Synapse's own options that have no effect here: name -> why.
local IDLE = {
  ["-D"] = "synlua runs Synapse in the foreground", ["--daemonize"] = "synlua runs Synapse in the foreground",
  ["--no-redirect-stdio"] = "nothing is redirected",
  ["--generate-keys"] = "missing keys are made at each start", ["--keys-directory"] = "SYNAPSE_CONFIG_DIR says where",
  ["--config-directory"] = "SYNAPSE_CONFIG_DIR says where", ["--data-directory"] = "SYNAPSE_DATA_DIR says where",
  ["--open-private-ports"] = "synlua has listeners of its own",
}

local TAKES = {["--keys-directory"] = true, ["--config-directory"] = true, ["--data-directory"] = true,
  ["-m"] = true, ["-c"] = true, ["--config-path"] = true}

local acts = {}

function acts.m(result, module)
  if module == MAIN then
    result.notes[#result.notes + 1] = ("-m %s: it runs in any case"):format(module)
  else
    result.fault = ("-m %s: one container runs all of Synapse's processes; say which workers in SYNAPSE_WORKER_TYPES"
      .. " (or `synlua exec` runs any command)"):format(module)
  end
end

function acts.c(result, path)
  if path:sub(1, 1) ~= "/" then
    result.fault = ("--config-path %s: must be an absolute path"):format(path)
  elseif result.config_path and result.config_path ~= path then
    result.fault = ("--config-path %s: there is one already; further files go into homeserver.d beside it"):format(path)
  else
    result.config_path = path
  end
end

acts.config_path = acts.c

-- It shows every line on a terminal too; cli/quiet_run.lua looks for it.
function acts.v() end

acts.verbose = acts.v

local function idle(result, name)
  result.notes[#result.notes + 1] = ("%s: has no meaning here, %s"):format(name, IDLE[name])
end

local function one(result, name, value)
  if TAKES[name] and not value then
    result.fault = name .. ": needs a value"
  elseif acts[name:match "^%-+(.*)$":gsub("%-", "_")] then
    acts[name:match "^%-+(.*)$":gsub("%-", "_")](result, value)
  elseif IDLE[name] then
    idle(result, name)
  else
    result.fault = ("%s: is no argument of run"):format(name)
  end
end

--- Reads the arguments.
---@param words string[]
---@return OfficialArguments
function official.read(words)
  local result, at = {notes = {}}, 1
  while words[at] and not result.fault do
    local name, value = words[at]:match "^(%-%-[%w-]+)=(.*)$"
    name = name or words[at]
    if TAKES[name] and not value then
      at = at + 1
      value = words[at]
    end
    if name:sub(1, 1) ~= "-" then
      result.fault = ("%s: is no argument of run"):format(name)
    else
      one(result, name, value)
    end
    at = at + 1
  end
  return result
end

return official
