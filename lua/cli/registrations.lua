-- EDGE
-- Makes the registrations that services of the user directory ask for, with tokens that nobody has to think of. Each is
-- made once: from then on its file is read like all others.

local guard = require "input.guard"
local hex = require "lib.hex"
local quote = require "files.quote"
local render = require "files.template.render"
local tables = require "lib.tables"
local template = require "files.template"
local yaml = require "lib.yaml"

local registrations = {}

-- Two tokens, which differ from those of any other; where nothing is written, words in their place.
local function tokens(name, random)
  local made = {}
  for _, token in ipairs {"as_token", "hs_token"} do
    made[token] = random and hex.of(random(32)) or ("made at the first start: %s of %s"):format(token, name)
  end
  return made
end

local function fault(service, what, hint) guard.fault(service.override, "registration", what, hint) end

local function text_of(service, name, source, random)
  local compiled, problem = template.compile(source.text, source.path)
  local text
  if compiled then text, problem = render.run(compiled, tokens(name, random), quote.yaml) end
  if not text then fault(service, ("%s: %s"):format(problem.where, problem.what), problem.hint) end
  return text
end

local function make(found, service, name, path, random)
  local source = found.templates[service.registration]
  if not source then
    fault(service, ("there is no template %s"):format(service.registration),
      ("put it into the user directory as templates/%s"):format(service.registration))
    return
  end
  local text = text_of(service, name, source, random)
  if not text then return end
  local document, why = yaml.decode(text, {name = source.path})
  if not document then
    fault(service, why, "mend the template")
    return
  end
  found.appservices[#found.appservices + 1] = {path = path, found = true, text = text, document = document,
    made = ("appservices/%s.yaml"):format(name)}
end

--- Adds the registrations that are not there yet to what was read.
---@param found Input
---@param services table<string, table> of the catalog
---@param random? fun(n: integer): string nil: nothing will be written
function registrations.add(found, services, random)
  local there = {}
  for _, one in ipairs(found.appservices) do there[one.path] = true end
  for name, service in tables.sorted(services) do
    local path = ("%s/appservices/%s.yaml"):format(found.places.config, name)
    if service.registration and not there[path] then make(found, service, name, path, random) end
  end
end

return registrations
