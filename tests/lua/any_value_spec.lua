-- Whatever an admin writes as the value of an option, the stages end with problems and not with an error of their own:
-- synlua's own checks come before Synapse's parser is asked.

local document = require "lib.document"
local dkjson = require "dkjson"
local fixture = require "plan_fixture"
local lfs = require "lfs"
local option_names = require "input.option_names"
local stages = require "stages"
local tables = require "lib.tables"

local map, seq = document.map, document.seq

local VALUES = {
  ["true"] = true, ["a large negative number"] = -5000000000, ["a fraction"] = 1.5, ["a text"] = "text",
  ["no text"] = "", ["a list"] = seq {}, ["a list of a number"] = seq {7}, ["a list of a mapping"] = seq {map {a = 1}},
  ["a mapping of a list"] = map {name = seq {1}},
}

-- Options in sections that synlua reads.
local INNER = {
  ["database"] = {"name", "args", "args.database", "args.host", "args.port", "args.user", "args.password",
    "args.dbname"},
  ["redis"] = {"enabled", "host", "port", "path", "password", "password_path", "use_tls", "dbid"},
  ["matrix_authentication_service"] = {"enabled", "endpoint", "secret", "secret_path"},
  ["opentracing"] = {"enabled", "jaeger_config", "homeserver_whitelist"},
  ["manhole_settings"] = {"username", "password", "ssh_priv_key_path", "ssh_pub_key_path"},
  ["experimental_features"] = {"msc3861", "msc3861.enabled", "msc3266_enabled"},
  ["stream_writers"] = {"events", "typing", "receipts"},
  ["instance_map"] = {"main", "main.host", "main.path"},
}

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local templates = {}
for name in lfs.dir "templates" do
  local path = "templates/" .. name
  if lfs.attributes(path, "mode") == "file" then templates[name] = {path = path, text = read(path)} end
end
local programs = setmetatable({}, {__index = function() return "" end})

-- The words of all our files, which hold the options that we read.
local words = {}
local function add_words(directory)
  for name in lfs.dir(directory) do
    local path = directory .. "/" .. name
    if name:match "%.lua$" and name ~= "option_names.lua" then
      for word in read(path):gmatch "[%w_]+" do words[word] = true end
    elseif name:sub(1, 1) ~= "." and lfs.attributes(path, "mode") == "directory" then
      add_words(path)
    end
  end
end
add_words "lua"

local tool = {encode = dkjson.encode, random = function(count) return ("x"):rep(count) end}

-- The error of the stages with these options, if there is one.
local function fault(options)
  options.server_name, options.report_stats = options.server_name or "example.org", options.report_stats or false
  local ok, why = xpcall(function()
    local input = fixture.input {homeserver = options, environment = {SYNAPSE_WORKER_TYPES = "synchrotron"}}
    input.templates, input.programs = templates, programs
    stages.run(input, fixture.catalog(), tool)
  end, debug.traceback)
  return not ok and why or nil
end

local function nested(path, value)
  local head, rest = path:match "^([^.]*)%.(.*)$"
  return {[head or path] = head and map(nested(rest, value)) or value}
end

local function tried(path)
  local faults = {}
  for name, value in tables.sorted(VALUES) do
    local why = fault(nested(path, value))
    if why then faults[#faults + 1] = ("%s: %s: %s"):format(path, name, why:match "[^\n]*") end
  end
  return faults
end

local function all(paths)
  local faults = {}
  for _, path in ipairs(paths) do table.move(tried(path), 1, 99, #faults + 1, faults) end
  return table.concat(faults, "\n")
end

describe("any value of an option", function()
  it("ends no stage with an error", function()
    local paths = {}
    for _, name in ipairs(option_names) do paths[#paths + 1] = words[name] and name or nil end
    assert.equal("", all(paths))
  end)

  it("ends none in a section either", function()
    local paths = {}
    for section, names in tables.sorted(INNER) do
      for _, name in ipairs(names) do paths[#paths + 1] = section .. "." .. name end
    end
    assert.equal("", all(paths))
  end)
end)
