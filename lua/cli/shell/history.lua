-- EDGE
-- The history of the shell: a file that only its user may read. What may hold a secret is not written to it.

local file = require "core.file"
local octal = require "lib.octal"
local schema = require "settings.schema"
local secret_options = require "lib.secret_options"
local system = require "core.system"

local history = {}

local LINES, FILE_MAX, SHORT = 1000, 1024 * 1024, 4
local NAME = "history"

-- The directory of the file, as base and the path below it.
local function place()
  local all = system.environment()
  local state, home = all.XDG_STATE_HOME or "", all.HOME or ""
  if state:sub(1, 1) == "/" then return state, "synlua" end
  if home:sub(1, 1) == "/" then return home, ".local/state/synlua" end
end

local function add_secret(found, value)
  if value and #value >= SHORT then found[#found + 1] = value end
end

-- The values of all secret variables of this environment, also those in files.
local function secrets_of(all)
  local found = {}
  for name, value in pairs(all) do
    local stem = name:gsub("_FILE$", "")
    local entry = schema.owner[name] or schema.owner[stem]
    local hides = entry and entry.secret or secret_options.is_name(stem)
    if hides and name ~= stem and value:sub(1, 1) == "/" then
      value = (file.read(value, FILE_MAX) or ""):gsub("\r?\n$", "")
    end
    if hides then add_secret(found, value) end
  end
  return found
end

local function names_secret(code)
  for name in code:gmatch "([%w_%-]+)%s*[\"']?%]?%s*[=:,]%s*[\"'%[]" do
    local entry = schema.owner[name]
    if entry and entry.secret or secret_options.is_name(name) then return true end
  end
  return code:find("://[^%s/@\"']*:[^%s/@\"']*@") ~= nil
end

--- Whether code may hold a secret: the value of a secret variable, text for something whose name is that of a secret,
--- or a password in a URL.
---@param code string
---@param secrets string[]
---@return boolean
function history.is_secret(code, secrets)
  for _, secret in ipairs(secrets) do
    if code:find(secret, 1, true) then return true end
  end
  return names_secret(code)
end

local function read(base, below)
  local lines = {}
  for line in (file.read_below(base, below .. "/" .. NAME, FILE_MAX) or ""):gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

-- The file is read again each time, because another shell may have added to it.
local function append(base, below, code)
  local lines = read(base, below)
  for line in code:gmatch "[^\n]+" do lines[#lines + 1] = line end
  local text = table.concat(lines, "\n", math.max(1, #lines - LINES + 1)) .. "\n"
  if not file.stat(base) then file.mkdir(base, "", {mode = octal "0700"}) end
  local done, why = file.mkdir(base, below, {mode = octal "0700"})
  if done then done, why = file.replace(base, below .. "/" .. NAME, text, {mode = octal "0600"}) end
  return done, why
end

--- Opens the history: the lines of earlier sessions, and a function that keeps code for later ones.
---@return string[] lines
---@return fun(code: string): string? keep returns why it could not, the first time
function history.open()
  local base, below = place()
  if not base then return {}, function() end end
  local secrets, failed = secrets_of(system.environment()), false
  return read(base, below), function(code)
    -- A blank at the beginning keeps a line out, as in other shells.
    if code:find "^%s" or history.is_secret(code, secrets) then return end
    local done, why = append(base, below, code)
    if done or failed then return end
    failed = true
    return why
  end
end

return history
