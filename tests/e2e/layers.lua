-- synlua eval tests/e2e/layers.lua DIRECTORY COUNT: for each case of tests/e2e/layers, in DIRECTORY/N/, writes what
-- synlua makes of its files and variables: overlay.yaml, or `refused` with the problems.

local catalog = require "input.catalog"
local dkjson = require "dkjson"
local env = require "input"
local layers = require "input.yaml"
local places = require "lib.places"
local schema = require "settings.schema"
local service_user = require "input.service_user"
local stages = require "stages"
local yaml = require "lib.yaml"

local directory, count = arg[1], tonumber(arg[2])
local read, services, workers = env.read(schema.owner), catalog.services(), catalog.workers()

local function slurp(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read "a"
end

local function spill(path, text)
  local f <close> = assert(io.open(path, "wb"))
  assert(f:write(text))
end

local function overlay(done)
  for _, file in ipairs(done.files) do
    if file.path == "synapse/main.yaml" then return file.bytes end
  end
end

for at = 1, count do
  local here = directory .. "/" .. at
  local environment = dkjson.decode(slurp(here .. "/variables.json"))
  environment.SYNAPSE_CONFIG_DIR, environment.SYNAPSE_DATA_DIR = here, here
  local input = {environment = environment, files = {}, container = false, problems = {}, warnings = {}, keys = {},
    store = {}, host = read.host, templates = read.templates, worker_types = workers, appservices = {},
    jobs = catalog.jobs(), zones = {}, programs = read.programs, pieces = read.pieces,
    places = places.of(function(name) return environment[name] end)}
  input.reader = service_user.reader(environment, input.places)
  layers.read(input)
  local done = stages.run(input, services, {encode = yaml.encode})
  local lines = {}
  for _, problem in ipairs(done.problems) do lines[#lines + 1] = problem.where .. ": " .. problem.what end
  if #lines > 0 then
    spill(here .. "/refused", table.concat(lines, "\n"))
  else
    spill(here .. "/overlay.yaml", overlay(done))
  end
end
return 0
