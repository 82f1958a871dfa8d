-- Who is trusted to say from where a request came.

local document = require "lib.document"
local fixture = require "plan_fixture"
local networks = require "settings.networks"
local settings = require "settings_fixture"

local map, seq = document.map, document.seq

local function listener(port, x_forwarded)
  return map {type = "http", port = port, x_forwarded = x_forwarded, bind_addresses = seq {"127.0.0.1"},
    resources = seq {map {names = seq {"client"}}}}
end

local function trust(environment, ...)
  local list = {...}
  local made, problems, warnings, view = fixture.make {environment = environment,
    homeserver = #list > 0 and {server_name = "example.org", listeners = seq(list)} or nil}
  assert.same({}, problems)
  return view.trust, warnings, made
end

describe("a list of networks", function()
  it("has each network in one form, once", function()
    assert.same({"10.0.0.0/8", "192.0.2.1/32", "fd00::/8", "2001:db8::1/128", "unix", "::/0", "1:2:3:4:5:6:7:0/112"},
      settings.value("SYNLUA_TRUSTED_PROXIES",
        "10.1.2.3/8, 192.0.2.1,FD00::1/8,[2001:db8:0::1],unix,10.0.0.0/8,::/0,1:2:3:4:5:6:7:8/112"))
    assert.same({}, settings.value("SYNLUA_TRUSTED_PROXIES", "none"))
    assert.same({"proxy", "my_net.internal"}, settings.value("SYNLUA_TRUSTED_PROXIES", "Proxy,my_net.internal"))
  end)

  it("refuses what is none, and says what to write", function()
    for _, value in ipairs {"10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "a b", "http://x", "none,unix",
      "256.1.1.1", "10.0.0.0/8;", "1.2.3.4/-1", "::1::"} do
      assert.matches("172.18.0.0/16", settings.problem("SYNLUA_TRUSTED_PROXIES", value).hint, 1, true)
    end
  end)

  it("spells IPv6 addresses as nginx does", function()
    assert.equal("::1/128", networks.network "0:0:0:0:0:0:0:1")
    assert.equal("::/128", networks.network "::")
    assert.equal("fe80::/10", networks.network "FE80::1/10")
    assert.equal("1::8/128", networks.network "1:0:0:0:0:0:0:8")
    assert.equal("0:1::/32", networks.network "0:1::/32")
  end)
end)

describe("who is trusted", function()
  it("is loopback, private ranges and Unix sockets, as a proxy is expected in front", function()
    local made, warnings, plan = trust {}
    assert.same({"10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"},
      made.networks)
    assert.same({unix = true, public = true}, {unix = made.unix, public = made.listeners.public})
    assert.same({}, warnings)
    assert.equal("trusted proxies: loopback, private ranges and Unix sockets (SYNLUA_TRUSTED_PROXIES)", plan.notes[1])
  end)

  it("is decided for each listener of the admin's by its x_forwarded, unless the variable is set", function()
    local made = trust({}, listener(8008, true), listener(8009), listener(8010, false))
    assert.same({true, false, nil}, {made.listeners.public, made.listeners.public_2, made.listeners.public_3})
    assert.matches("; not on port 8009, port 8010", made.said, 1, true)
    made = trust({SYNLUA_TRUSTED_PROXIES = "192.0.2.1"}, listener(8008, true), listener(8009))
    assert.same({public = true, public_2 = true}, made.listeners)
    assert.equal("trusted proxies: 192.0.2.1/32 (SYNLUA_TRUSTED_PROXIES)", made.said)
    made = trust({NGINX_TRUSTED_PROXIES = "none"}, listener(8008, true))
    assert.same({public = false}, made.listeners)
    assert.equal("trusted proxies: none (NGINX_TRUSTED_PROXIES)", made.said)
    assert.equal("trusted proxies: none, as no listener in homeserver.yaml has x_forwarded: true",
      trust({}, listener(8008)).said)
  end)

  it("warns where everybody is, and refuses ports for proxies where none is", function()
    local _, warnings = trust {SYNLUA_TRUSTED_PROXIES = "0.0.0.0/0"}
    assert.matches("trusts everybody (0.0.0.0/0)", warnings[1].what, 1, true)
    assert.matches("SYNLUA_PROXY_PROTOCOL: opens ports for proxies, but none is trusted", fixture.problems {
      environment = {SYNLUA_TRUSTED_PROXIES = "none", SYNLUA_PROXY_PROTOCOL = "8010"}}, 1, true)
  end)

  it("does not let two things have the port for the PROXY protocol", function()
    assert.matches("port 8008 for nginx with the PROXY protocol is also that of nginx", fixture.problems {
      environment = {SYNLUA_PROXY_PROTOCOL = "8008"}}, 1, true)
  end)

  it("has the addresses of names, and a problem for a name without any", function()
    local input = fixture.input {environment = {SYNLUA_TRUSTED_PROXIES = "proxy,10.0.0.0/8"}}
    input.resolved = {proxy = {addresses = {"172.18.0.2", "fd00::2", "172.18.0.2"}}}
    local _, problems, _, view = fixture.run(input)
    assert.same({}, problems)
    assert.same({"10.0.0.0/8", "172.18.0.2/32", "fd00::2/128"}, view.trust.networks)
    input.resolved = {proxy = {error = "Name or service not known"}}
    _, problems = fixture.run(input)
    assert.equal("names proxy, which does not resolve: Name or service not known", problems[1].what)
  end)
end)
