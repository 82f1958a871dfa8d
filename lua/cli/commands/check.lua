-- EDGE
-- `synlua check`: validates everything, asks Synapse's own parser and lets nginx try its file; starts and
-- changes nothing.

local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"
local configuration = require "cli.configuration"
local parser = require "disk.parser"
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

-- Lets nginx try its file.
local function try_nginx(input)
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

-- Goes on with nginx where Synapse has nothing against it.
local function told(ended, input)
  if ended.interrupted then return end
  if ended.unknown then parser.tell_unknown(ended.unknown) end
  local status = configuration.report(ended.problems, {}) or try_nginx(input)
  if status then loop.stop(status) end
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
  local open = parser.open_question(done, true)
  local why = open and parser.ask(open, done.view, function(ended) told(ended, input) end)
  if open and not why then return end
  if why then parser.tell_unknown(why) end
  return try_nginx(input)
end
