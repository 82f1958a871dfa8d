-- Listeners of old options: Synapse makes them instead of those that `listeners` says.

local document = require "lib.document"
local fixture = require "plan_fixture"

local seq, map = document.seq, document.map

local function plan(homeserver)
  homeserver.server_name = "example.org"
  homeserver.tls_certificate_path, homeserver.tls_private_key_path = "/c", "/k"
  local made, problems, warnings, view = fixture.make {homeserver = homeserver}
  assert.same({}, problems)
  return view, made, warnings
end

local function refused(homeserver)
  homeserver.server_name = "example.org"
  return fixture.problems {homeserver = homeserver}
end

local function ports_of(view)
  local list = {}
  for at, listener in ipairs(view.homeserver.options.listeners) do
    list[at] = ("%s%s"):format(listener.port or "socket", listener.tls and " tls" or "")
  end
  for _, one in ipairs(view.front.tls) do list[#list + 1] = one.port .. " tls" end
  return table.concat(list, ", ")
end

describe("bind_port", function()
  it("is a port with TLS and one without, both of nginx's, and never reaches Synapse", function()
    local view, _, warnings = plan {bind_port = 8448, unsecure_port = 8018, bind_host = "127.0.0.1"}
    assert.equal(8018, view.listeners.port)
    assert.same({"127.0.0.1"}, view.listeners.addresses[8018])
    assert.equal("socket, 8448 tls", ports_of(view))
    assert.equal("null", view.homeserver.overlay.bind_port.text)
    assert.is_nil(view.homeserver.options.bind_port)
    for _, warning in ipairs(warnings) do assert.is_nil(warning.what:find("bind_port", 1, true)) end
  end)

  it("has its other port 400 below, on all addresses, unless that is 0", function()
    local view = plan {bind_port = 8448}
    assert.equal(8048, view.listeners.port)
    assert.same({"0.0.0.0"}, view.listeners.addresses[8048])
    view = plan {bind_port = 8448, unsecure_port = 0}
    assert.is_nil(view.listeners.said_port)
    assert.equal("socket, 8448 tls", ports_of(view))
  end)

  it("discards other listeners, which is told", function()
    local view, _, warnings = plan {bind_port = 8448, unsecure_port = 8018, listeners = seq {
      map {type = "http", port = 9999, resources = seq {map {names = seq {"client"}}}}}}
    assert.equal(8018, view.listeners.port)
    assert.same({}, view.listeners.ports)
    assert.matches("listeners has no effect beside bind_port", warnings[1].what, 1, true)
  end)

  it("is nothing where Python takes it for false", function()
    for _, said in ipairs {0, false, "", seq {}, map {}} do
      local view = plan {bind_port = said, unsecure_port = 8018}
      assert.equal(8008, view.listeners.port)
      assert.is_nil(view.homeserver.overlay.bind_port)
    end
    assert.equal("socket, 8448 tls", ports_of(plan {bind_port = 8448, unsecure_port = seq {}}))
  end)

  it("is refused where Synapse refuses it", function()
    assert.matches("homeserver.yaml: no_tls cannot be used together with bind_port",
      refused {bind_port = 8448, no_tls = true}, 1, true)
    assert.matches("bind_port must be a port's number", refused {bind_port = "8448"}, 1, true)
  end)
end)

describe("no_tls", function()
  it("leaves listeners with TLS out, as Synapse does", function()
    local view, _, warnings = plan {no_tls = true, listeners = seq {
      map {type = "http", port = 8448, tls = true, resources = seq {map {names = seq {"federation"}}}},
      map {type = "http", port = 8018, resources = seq {map {names = seq {"client"}}}}}}
    assert.equal(8018, view.listeners.port)
    assert.equal("socket", ports_of(view))
    assert.matches("the listener at port 8448 is left out", warnings[1].what, 1, true)
  end)
end)
