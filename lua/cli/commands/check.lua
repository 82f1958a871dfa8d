-- EDGE
-- `synlua check`: checks the whole configuration and runs nginx -t. It starts no service and changes nothing.

local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"
local configuration = require "cli.configuration"
local preflight = require "disk.preflight"
local trial = require "disk.trial"

-- One line for each secret, without its value.
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
  local done, input = configuration.make()
  configuration.preflight(done, input, {beside_running = true})
  for _, gift in ipairs(#done.problems == 0 and preflight.gifts(done.plan, input.host) or {}) do
    done.warnings[#done.warnings + 1] = gift
  end
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  say_secrets(done.plan.secrets)
  local again = configuration.elsewhere(input, trial.place())
  local problem = trial.nginx(again.plan, again.files, function(ended)
    if ended.interrupted then return end
    if ended.good then
      io.stdout:write("the configuration is good\n")
    elseif ended.late then
      log.write("error", ("exit %d: nginx -t did not end in %d s: killed"):format(configuration.EX_CONFIG, ended.late))
    elseif ended.signal then
      log.write("error", "nginx -t was ended by " .. ended.signal)
    else
      log.write("error", ("exit %d: nginx refuses its configuration"):format(configuration.EX_CONFIG))
    end
    loop.stop(ended.good and 0 or configuration.EX_CONFIG)
  end)
  if problem then return configuration.report({problem}, {}) end
end
