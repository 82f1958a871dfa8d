-- Hostile values in every variable for text. Each must reach Synapse exactly, as PyYAML reads the files, or be refused
-- with the variable's name. None may become another option or another directive of nginx.

local env = require "input"
local catalog = require "input.catalog"
local dkjson = require "dkjson"
local schema = require "settings.schema"
local stages = require "stages"
local yaml = require "lib.yaml"

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or "./.venv/bin/python"

local HOSTILE = {
  [[a"b'c]], "50%(x)s %d", "a; listen 9;", "{{ server_name }}", "{% end %}", "$HOME ${x} $uri", "line\nlisteners: []",
  "tab\tand\rreturn", "größe 漢字 🙂", "0660", "yes", "null", "~", "1:30", "1_000", "- a", "# no comment", "a: b", "[a]",
  "&a *a", "!!python/object:x", "<<", "=", " leading", "trailing ", "\\n \\\\ \\x41", "'; DROP TABLE users; --", "{}",
  "http://a.example/\"; }", "/data/$x{};\"'", "turn:a.example\"]", "%YAML 1.1", "---", "...", "|", ">",
  "\u{85}\u{2028}\u{feff}",
}

-- What must be set for a variable to have a meaning.
local BESIDE = {
  POSTGRES = {POSTGRES_HOST = "db", POSTGRES_PASSWORD = "p"},
  SYNAPSE_EMAIL = {SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "mail", SYNAPSE_EMAIL_NOTIF_FROM = "a@b.example",
    SYNAPSE_EMAIL_SMTP_USER = "u", SYNAPSE_EMAIL_SMTP_PASS = "p"},
  SYNAPSE_RECAPTCHA = {SYNAPSE_RECAPTCHA_PUBLIC_KEY = "p", SYNAPSE_RECAPTCHA_PRIVATE_KEY = "q"},
  SYNAPSE_TURN = {SYNAPSE_TURN_URIS = "turn:a.example", SYNAPSE_TURN_SECRET = "s"},
}

-- Kinds whose values are text that Synapse gets. Paths of synlua's own and inherited variables do not get into files.
local TEXT = {string = true, url = true, host = true, list = true, path = true, server_name = true}

local input = env.read(schema.owner)
local services, jobs = catalog.services(), catalog.jobs()

local function render(changes)
  local environment = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no", SYNAPSE_DATA_DIR = "/data"}
  for name, value in pairs(changes) do environment[name] = value end
  local given = setmetatable({environment = environment, files = {}, homeserver_exists = false, problems = {},
    warnings = {}, keys = {}, appservices = {}, jobs = jobs}, {__index = function(_, key)
      if key ~= "homeserver" then return input[key] end
    end})
  return stages.run(given, services, {encode = yaml.encode})
end

local function file(done, suffix)
  for _, made in ipairs(done.files) do
    if made.path:sub(-#suffix) == suffix then return made.bytes end
  end
end

local function beside(name, value)
  local changes = {}
  for prefix, others in pairs(BESIDE) do
    if name:find(prefix, 1, true) == 1 then
      for other, text in pairs(others) do changes[other] = text end
    end
  end
  changes[name] = value
  return changes
end

-- Every value that one reading by PyYAML holds must be there: {overlay, expected, keys} in, faults out.
local READER = [==[
import json, sys, yaml
def leaves(v):
    if isinstance(v, dict):
        for x in v.values(): yield from leaves(x)
    elif isinstance(v, list):
        for x in v: yield from leaves(x)
    else: yield v
faults = []
for case in json.load(open(sys.argv[1])):
    read = yaml.safe_load(case["overlay"])
    own = yaml.safe_load(case["homeserver"])
    if not set(own) <= set(case["own"]):
        faults.append(case["name"] + ": homeserver.yaml got keys")
    if case["expected"] not in list(leaves(read)) + list(leaves(own)):
        faults.append("%s: %r is lost" % (case["name"], case["expected"]))
    if sorted(read) != case["keys"]:
        faults.append("%s: keys are %s" % (case["name"], sorted(read)))
print("\n".join(faults))
]==]

local function top_keys(text)
  local keys = {}
  for key in ("\n" .. text):gmatch "\n([%a_][%w_]*):" do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local BENIGN = {
  url = "https://a.example/", list = "turn:b.example", path = "/data/x", host = "db", server_name = "b.example",
}

-- nginx.conf holds one value of these variables: the host of the public address, where its characters are plain.
local function without_host(text)
  local place = "\n *# Most clients say the host of public_baseurl[^\n]*\n *if %(%$http_host = ([^\n]*)"
  return (text:gsub(place, function(rest)
    assert.matches('^"?[%w.-]+:?%d*"?%) { set %$said_host "?[%w.-]+:?%d*"?; }$', rest)
    return ""
  end))
end

local function add_case(cases, entry, value, plain)
  local done = render(beside(entry.name, value))
  if #done.problems > 0 then
    local named = false
    for _, problem in ipairs(done.problems) do named = named or problem.where:find(entry.name, 1, true) ~= nil end
    assert.is_true(named, entry.name .. " is not named for " .. value)
    return
  end
  assert.equal(without_host(file(plain, "nginx.conf")), without_host(file(done, "nginx.conf")))
  cases[#cases + 1] = {
    name = entry.name, overlay = file(done, "main.yaml"), homeserver = file(done, "homeserver.yaml"), expected = value,
    keys = top_keys(file(plain, "main.yaml")), own = top_keys(file(plain, "homeserver.yaml")),
  }
end

describe("hostile values", function()
  it("reach Synapse exactly or are refused, in every variable for text", function()
    local cases = {}
    for _, entry in ipairs(schema.entries) do
      local reaches = entry.option or entry.name:find "^POSTGRES" or entry.name:find "^SYNAPSE_EMAIL"
      if TEXT[entry.kind] and reaches and not entry.words then -- words: an enumeration
        local plain = render(beside(entry.name, BENIGN[entry.kind] or "plain@a.example"))
        assert.same({}, plain.problems)
        for _, value in ipairs(HOSTILE) do add_case(cases, entry, value, plain) end
      end
    end
    assert.is_true(#cases > 200, #cases .. " values were accepted")
    local name = os.tmpname()
    do
      local f <close> = assert(io.open(name, "w"))
      f:write(dkjson.encode(cases))
    end
    local pipe = assert(io.popen(("%s -c '%s' %s 2>&1"):format(PYTHON, READER:gsub("'", "'\\''"), name)))
    local faults = pipe:read "a"
    pipe:close()
    os.remove(name)
    assert.equal("\n", faults)
  end)
end)
