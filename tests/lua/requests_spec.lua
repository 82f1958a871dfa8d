local requests = require "control.requests"
local place = require "control.place"
local places = require "lib.places"

local function runtime(environment)
  return places.of(function(name) return environment[name] ~= "" and environment[name] or nil end).runtime
end

local SERVICES = {{name = "nginx"}, {name = "synapse"}, {name = "synapse_worker_1"}}

local function refused(names)
  local meant, why = requests.services(names, SERVICES)
  assert.is_nil(meant)
  return why
end

describe("the names of services in a request", function()
  it("are looked up, each once", function()
    assert.same({nginx = SERVICES[1], synapse = SERVICES[2]},
      (requests.services({"synapse", "nginx", "synapse"}, SERVICES)))
  end)

  it("that are unknown are reported, with the most similar name and all names", function()
    assert.equal('there is no service "ngnix" (did you mean nginx?); there are nginx, synapse, synapse_worker_1',
      refused {"synapse", "ngnix"})
    assert.truthy(refused {"worker"}:find("did you mean synapse_worker_1?", 1, true))
    assert.equal('there is no service "redis"; there are nginx, synapse, synapse_worker_1', refused {"redis"})
    assert.truthy(refused {""}:find 'no service ""; there')
  end)

  it("must be a list of strings", function()
    assert.truthy(refused(nil):find "must be a list")
    assert.truthy(refused "nginx":find "must be a list")
    assert.truthy(refused {}:find "must be a list")
    assert.truthy(refused {1}:find "must be a string")
    local many = {}
    for at = 1, 65 do many[at] = "nginx" end
    assert.truthy(refused(many):find "must be a list")
  end)
end)

describe("a number in a request", function()
  it("is a whole one between its limits", function()
    for given, expected in pairs {[5] = 5, [0] = 1, [1e9] = 60, [3.0] = 3, [2.5] = 9, x = 9} do
      assert.equal(expected, requests.number(given, 1, 60, 9))
    end
    assert.equal(9, requests.number(nil, 1, 60, 9))
    assert.equal(9, requests.number(0 / 0, 1, 60, 9))
    assert.equal(9, requests.number(math.huge, 1, 60, 9))
  end)
end)

describe("the runtime directory of a command", function()
  it("is the one that is set, without slashes at its end, or the default", function()
    assert.equal("/run/synlua", runtime {})
    assert.equal("/run/synlua", runtime {SYNLUA_RUNTIME_DIR = ""})
    assert.equal("/x/y", runtime {SYNLUA_RUNTIME_DIR = "/x/y//"})
    assert.equal("/x/y/control.sock", place.socket "/x/y")
  end)
end)
