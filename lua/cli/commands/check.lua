-- EDGE
-- `synlua check`: validates everything, asks Synapse's own parser, and lets nginx and the services that the admin has
-- changed try their files; starts and changes nothing.

local file = require "core.file"
local loop = require "core.loop"
local certificates = require "disk.certificates"
local configuration = require "cli.configuration"
local parser = require "disk.parser"
local preflight = require "disk.preflight"
local trying = require "cli.trying"

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

local function try_services(done, input)
  return trying.run(trying.names(done, true), done, input, function()
    io.stdout:write("the configuration is good\n")
    return 0
  end, true)
end

-- Looks at the certificate, and lets the services try their files.
local function try(done, input)
  return certificates.ask(done, function(problem, good)
    local warnings = {}
    certificates.warn(good, warnings)
    local problems = configuration.heed(done, input, good, problem)
    return configuration.report(problems, warnings) or try_services(done, input)
  end)
end

-- Goes on with the services where Synapse has nothing against it.
local function told(ended, done, input)
  if ended.interrupted then return end
  if ended.unknown then parser.tell_unknown(ended.unknown) end
  local status = configuration.report(ended.problems, {}) or try(done, input)
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
  local why = open and parser.ask(open, done.view, function(ended) told(ended, done, input) end)
  if open and not why then return end
  if why then parser.tell_unknown(why) end
  return try(done, input)
end
