-- EDGE
-- `synlua check`: validates everything and lets nginx try its file; starts and changes nothing.

local file = require "core.file"
local start = require "cli.configuration"
local trial = require "disk.trial"

-- One line each, without a value.
local function say_secrets(list)
  for _, secret in ipairs(list) do
    local words = secret.source or "kept by synlua"
    if secret.path then
      words = ("%s, %s%s"):format(secret.path, words, file.stat(secret.path) and "" or "; made at the first start")
    end
    io.stdout:write(("secret %s: %s\n"):format(secret.name, words))
  end
end

---@return integer|nil
return function()
  local done, input = start.prepare()
  start.preflight(done, input, {beside_running = true})
  local status = start.report(done.problems, done.warnings)
  if status then return status end
  say_secrets(done.plan.secrets)
  return trial.nginx(input)
end
