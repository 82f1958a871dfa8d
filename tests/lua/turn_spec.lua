-- Whether coturn runs, where it listens and to whom it relays, and what Synapse is told of it.

local address = require "settings.address"
local document = require "lib.document"
local fixture = require "plan_fixture"
local own_addresses = require "lib.own_addresses"
local peers = require "plan.turn.peers"
local quote = require "files.quote"
local settings = require "settings"
local tables = require "lib.tables"
local turn = require "plan.turn.choice"

local NAT = {four = {"127.0.0.1", "10.1.1.1"}, six = {"0:0:0:0:0:0:0:1"}, routed = {four = "10.1.1.1"}}
local BARE = {four = {"127.0.0.1", "11.22.33.44"}, six = {"0:0:0:0:0:0:0:1", "2400:0:0:0:0:0:0:7"},
  routed = {four = "11.22.33.44", six = "2400:0:0:0:0:0:0:7"}}

local function input(environment, options)
  options = tables.copy(options or {})
  local all = {SYNAPSE_ENABLE_BUILTIN_COTURN = "yes", COTURN_EXTERNAL_IP = "11.22.33.44"}
  for name, value in pairs(environment or {}) do all[name] = value or nil end
  options.environment = all
  local made = fixture.input(options)
  made.host.addresses = options.addresses or NAT
  if not options.bare then
    made.host.programs.coturn, made.host.users.turnserver = "/usr/bin/turnserver", {uid = 107, gid = 108}
  end
  made.turn = {kept = "kept", named = options.named, copies = options.copies or {}, bad = options.bad}
  return made
end

local function make(environment, options) return fixture.run(input(environment, options)) end

local function said(environment, options)
  local made, problems, warnings, view = make(environment, options)
  assert.same({}, problems)
  return view.turn, view, warnings, made
end

local function first_problem(environment, options)
  local _, problems = make(environment, options)
  return ("%s: %s (%s)"):format(problems[1].where, problems[1].what, problems[1].hint)
end

local function what_of(list)
  local texts = {}
  for at, one in ipairs(list) do texts[at] = ("%s: %s"):format(one.where, one.what) end
  return table.concat(texts, "\n")
end

-- The range of a list that holds an address, by comparing the numbers of both ends.
local function held_by(ranges, literal)
  local function parts(text) return address.ipv4(text) or address.ipv6(text) end
  local wanted = parts(literal)
  for _, range in ipairs(ranges) do
    local low, high = range:match "^(.*)%-(.*)$"
    low, high = parts(low), parts(high)
    local inside, above, below = #low == #wanted, false, false
    for at = 1, inside and #wanted or 0 do
      if not above and wanted[at] < low[at] then inside = false end
      if not below and wanted[at] > high[at] then inside = false end
      above, below = above or wanted[at] > low[at], below or wanted[at] < high[at]
    end
    if inside then return range end
  end
end

describe("coturn", function()
  it("runs only where it is asked for, as a user of its own", function()
    local made = fixture.make()
    assert.is_nil(made.services.coturn)
    local _, _, _, plan = said()
    local process = plan.services.coturn.process
    assert.same({107, 108}, {process.uid, process.gid})
    assert.equal("/usr/bin/turnserver -c /run/synlua/coturn/turnserver.conf", table.concat(process.argv, " "))
    assert.equal("keep-trying", plan.services.coturn.on_failure)
  end)

  it("that is not installed is a problem that says what to do", function()
    assert.matches("^SYNAPSE_ENABLE_BUILTIN_COTURN: needs coturn, which is not installed %(apt%-get install coturn",
      first_problem({}, {bare = true}))
  end)

  it("listens on every address and relays from that of the default route", function()
    local it_is = said()
    assert.same({"127.0.0.1", "10.1.1.1", "0:0:0:0:0:0:0:1"}, it_is.listening)
    assert.same({"10.1.1.1"}, it_is.relays)
    assert.equal("11.22.33.44", it_is.external)
    it_is = said({COTURN_INTERNAL_IP = "10.1.1.9, [FD00::9]", COTURN_EXTERNAL_IP = "2400::7"})
    assert.same({"10.1.1.9", "fd00::9"}, it_is.listening)
    assert.equal("2400::7", it_is.external)
    assert.is_nil(said({}, {addresses = BARE}).external)
  end)

  it("relays in the family of a public address alone, which coturn would tell for both", function()
    local BOTH = {COTURN_INTERNAL_IP = "10.1.1.9,fd00::9"}
    local function relays(external)
      BOTH.COTURN_EXTERNAL_IP = external
      return said(BOTH).relays
    end
    assert.same({"fd00::9"}, relays "2400::7")
    assert.same({"10.1.1.9"}, relays "11.22.33.44")
    assert.same({"10.1.1.9"}, relays "auto")
    assert.same({"10.1.1.9", "fd00::9"}, relays(false))
    assert.same({"10.1.1.9", "fd00::9"}, relays "10.1.1.9")
  end)

  it("needs an own address of the family of the public one", function()
    assert.matches("is 2400::7, but this machine has no address of that family",
      first_problem {COTURN_EXTERNAL_IP = "2400::7"})
  end)

  it("tells when nobody outside could reach its relays", function()
    local _, _, warnings = said {COTURN_EXTERNAL_IP = false}
    assert.equal("COTURN_EXTERNAL_IP: is not set, and relays have the address 10.1.1.1, which others cannot reach",
      what_of(warnings))
    _, _, warnings = said({COTURN_EXTERNAL_IP = false}, {addresses = BARE})
    assert.same({}, warnings)
    _, _, warnings = said({}, {addresses = BARE})
    assert.same({}, warnings)
  end)

  it("refuses every private and special address, mapped ones too", function()
    local denied = said().denied
    for _, literal in ipairs {"0.0.0.1", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
      "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1",
      "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
      "240.0.0.1", "255.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1",
      "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "3fff:fff::1", "4000::",
      "5f00::1", "fc00::1", "fd00::7", "fe80::1", "fec0::1", "ff02::1"} do
      assert.truthy(held_by(denied, literal), literal)
      assert.is_true(peers.is_special(literal), literal)
    end
    for _, literal in ipairs {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
      "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
      "198.17.255.255", "198.20.0.0",
      "223.255.255.255", "2000::1", "2001:200::1", "2400::7", "2606:4700::1111", "2a00::1", "3ffe::1",
      "3fff:1000::1"} do
      assert.is_nil(held_by(denied, literal), literal)
      assert.is_false(peers.is_special(literal), literal)
    end
  end)

  it("gives coturn no range that begins with zeros of IPv6, which would hold all of IPv4", function()
    for _, range in ipairs(said().denied) do assert.is_nil(range:find "^0:0:0:0:0:0:0:0%-", range) end
  end)

  it("refuses this machine's own public addresses", function()
    for _, external in ipairs {"11.22.33.44", false} do
      local denied = said({COTURN_EXTERNAL_IP = external}, {addresses = BARE}).denied
      assert.truthy(held_by(denied, "11.22.33.44"))
      assert.truthy(held_by(denied, "2400::7"))
    end
  end)

  it("lets relays send to each other on purpose", function()
    assert.same({"10.1.1.1-10.1.1.1"}, said({COTURN_RELAY_TO_RELAY = "yes"}).allowed)
    assert.same({}, said().allowed)
  end)

  it("relays on purpose to the networks of a variable", function()
    local allowed = said {COTURN_ALLOWED_PEERS = "192.168.7.0/24, fd00:7::/32, 10.0.0.9"}.allowed
    assert.same({"192.168.7.0-192.168.7.255", "fd00:7:0:0:0:0:0:0-fd00:7:ffff:ffff:ffff:ffff:ffff:ffff",
      "10.0.0.9-10.0.0.9"}, allowed)
  end)

  it("has the ports of TCP in the list of all", function()
    assert.matches("port 3478 for nginx is also that of coturn",
      first_problem {SYNAPSE_HTTP_PORT = "3478", NGINX_LISTEN_ADDRESS = "10.1.1.1"})
    assert.matches("port 9101 for synlua's own metrics is also that of coturn %(COTURN_LISTENING_PORT%)",
      first_problem {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no", COTURN_LISTENING_PORT = "9101",
        COTURN_INTERNAL_IP = "127.0.0.1"})
  end)
end)

describe("the program that starts coturn", function()
  local SHARED = " /run/synlua/coturn/start_coturn.py"

  local function words(environment)
    local _, _, _, plan = said(environment)
    return table.concat(plan.services.coturn.process.argv, " "), plan.services.coturn
  end

  it("is there only to ask for the public address, or to count", function()
    assert.is_nil(words {}:find(SHARED, 1, true))
    local problem = first_problem {COTURN_EXTERNAL_IP = "auto",
      COTURN_EXTERNAL_IP_URL = "https://me:secret@ip.example.org/"}
    assert.equal("COTURN_EXTERNAL_IP_URL: has a name or a password in it, which arguments and log lines would show "
      .. "(name a service that needs none)", problem)
    local asks = words {COTURN_EXTERNAL_IP = "auto", COTURN_EXTERNAL_IP_URL = "https://ip.example.org/"}
    assert.matches(SHARED .. " --ask https://ip.example.org/ 10.1.1.1 /usr/bin/turnserver -c ", asks, 1, true)
    local counts, service = words {COTURN_METRICS = "yes", SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"}
    assert.matches(SHARED .. " --metrics /run/synlua/coturn/run/metrics.sock /usr/bin/turnserver -c ", counts, 1, true)
    assert.same({socket = "/run/synlua/coturn/run/metrics.sock", uri = "/metrics"}, service.metrics)
  end)

  it("is not there where nothing is measured, which is a warning", function()
    local made = input {COTURN_METRICS = "yes"}
    local _, _, warnings = settings.read(made)
    assert.equal("COTURN_METRICS: no effect without metrics", what_of(warnings))
    assert.is_nil(words {COTURN_METRICS = "yes"}:find(SHARED, 1, true))
  end)
end)

describe("Synapse", function()
  local URIS = {"turn:example.org:3478?transport=udp", "turn:example.org:3478?transport=tcp"}

  it("is told of coturn and of the file of the secret, also where there is a homeserver.yaml", function()
    for _, homeserver in ipairs {false, {server_name = "example.org"}} do
      local _, view = said({}, {homeserver = homeserver or nil})
      local options = view.homeserver.options
      assert.same(URIS, options.turn_uris)
      assert.equal("/data/turn.key", options.turn_shared_secret_path)
      assert.is_nil(options.turn_shared_secret)
      assert.truthy(view.homeserver.overlay.turn_shared_secret_path)
      assert.equal("kept", turn.shared_secret(view))
    end
  end)

  it("names the host of public_baseurl, the port, and TLS", function()
    local of_tls = {SYNAPSE_TLS_CERT = "/c.pem", SYNAPSE_TLS_KEY = "/k.pem", COTURN_LISTENING_PORT = "3500",
      COTURN_TLS_LISTENING_PORT = "5350", SYNAPSE_PUBLIC_BASEURL = "https://matrix.example.org:8443/x"}
    local _, view = said(of_tls)
    assert.same({"turn:matrix.example.org:3500?transport=udp", "turn:matrix.example.org:3500?transport=tcp",
      "turns:matrix.example.org:5350?transport=tcp"}, view.homeserver.options.turn_uris)
    _, view = said({}, {homeserver = {server_name = "example.org", public_baseurl = "https://[2400::7]/"}})
    assert.equal("turn:[2400::7]:3478?transport=udp", view.homeserver.options.turn_uris[1])
  end)

  it("and coturn have the secret that the admin gives, wherever it stands", function()
    local _, view = said {SYNAPSE_TURN_SECRET = "given="}
    assert.same({"given=", "given="}, {turn.shared_secret(view), view.homeserver.options.turn_shared_secret})
    assert.is_nil(view.homeserver.options.turn_shared_secret_path)
    _, view = said({}, {homeserver = {server_name = "example.org", turn_shared_secret = "of-the-file"}})
    assert.equal("of-the-file", turn.shared_secret(view))
    assert.is_nil(view.homeserver.options.turn_shared_secret_path)
    _, view = said({}, {homeserver = {server_name = "example.org", turn_shared_secret_path = "/x"}, named = "named"})
    assert.equal("named", turn.shared_secret(view))
    assert.is_false(turn.keeps_secret(view))
  end)

  it("cannot have a secret that coturn cannot read", function()
    assert.matches("^SYNAPSE_TURN_SECRET: cannot be coturn's secret: it has a quote",
      first_problem {SYNAPSE_TURN_SECRET = "a#b"})
    assert.equal("/data/turn.key: is no file with the secret of coturn in it (look at it, and remove it: the next "
      .. "start makes a new one)", first_problem({}, {bad = true}))
    local text = first_problem({}, {homeserver = {server_name = "example.org", turn_shared_secret_path = "/x"}})
    assert.matches("^/x: turn_shared_secret_path names a file that cannot be read", text)
  end)

  it("is told of others where the admin names them, which is a warning", function()
    local _, view, warnings = said({SYNAPSE_TURN_URIS = "turn:other"})
    assert.same({"turn:other"}, view.homeserver.options.turn_uris)
    assert.same({}, warnings)
    _, view, warnings = said({}, {homeserver = {server_name = "example.org", turn_uris = document.seq {"turn:other"}}})
    assert.same({"turn:other"}, view.homeserver.options.turn_uris)
    assert.matches("turn_uris says which servers clients are told of", what_of(warnings))
  end)
end)

describe("TLS of coturn", function()
  local CERTIFICATE = {SYNAPSE_TLS_CERT = "/c.pem", SYNAPSE_TLS_KEY = "/k.pem"}

  it("has nginx's certificate, where its user can read it, or a copy", function()
    local it_is, _, _, plan = said(CERTIFICATE)
    assert.same({"/c.pem", "/k.pem"}, {it_is.tls.certificate.at, it_is.tls.key.at})
    local wanted = {}
    for _, reach in ipairs(plan.reaches) do
      if reach.service == "coturn" and reach.read then wanted[#wanted + 1] = reach.path end
    end
    assert.same({"/c.pem", "/k.pem"}, wanted)
    it_is = said(CERTIFICATE, {copies = {["/k.pem"] = "KEY"}})
    assert.same({"/c.pem", "/run/synlua/coturn/key.pem"}, {it_is.tls.certificate.at, it_is.tls.key.at})
  end)

  it("is off where there is no certificate, and where the admin says so", function()
    assert.is_nil(said().tls)
    local off = tables.copy(CERTIFICATE)
    off.COTURN_TLS = "no"
    assert.is_nil(said(off).tls)
    assert.equal("COTURN_TLS: needs a certificate (set SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY, or unset it)",
      first_problem {COTURN_TLS = "yes"})
  end)
end)

describe("the variables of coturn", function()
  local function read(environment)
    local all = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no",
      SYNAPSE_ENABLE_BUILTIN_COTURN = "yes"}
    for name, value in pairs(environment) do all[name] = value or nil end
    local _, problems, warnings = settings.read(fixture.input {environment = all})
    return what_of(problems), what_of(warnings)
  end

  it("take addresses, one of each family", function()
    assert.equal("", (read {COTURN_EXTERNAL_IP = "auto", COTURN_INTERNAL_IP = "10.0.0.1,fd00::1"}))
    for _, bad in ipairs {"example.org", "10.0.0.1,10.0.0.2", "0.0.0.0", "::", "1.2.3", "10.0.0.1,,",
      "auto,10.0.0.1", "10.0.0.1,fd00::1"} do
      assert.matches("^COTURN_EXTERNAL_IP: ", (read {COTURN_EXTERNAL_IP = bad}), bad)
    end
    assert.matches("^COTURN_INTERNAL_IP: must be an IP address", (read {COTURN_INTERNAL_IP = "auto"}))
  end)

  it("have ports that do not contradict each other", function()
    assert.matches("makes relays begin at port 50000 and end at 49173", (read {COTURN_MIN_PORT = "50000"}))
    assert.matches("makes port 3478 one for clients and one of the relays %(3000 to 49173%)",
      (read {COTURN_MIN_PORT = "3000"}))
  end)

  it("allow no peer that would open everything", function()
    for bad, what in pairs {["0.0.0.0/0"] = "every peer", ["127.0.0.0/8"] = "loopback", ["unix"] = "no network",
      ["::1"] = "loopback"} do
      assert.matches(what, (read {COTURN_ALLOWED_PEERS = bad}), bad)
    end
  end)

  it("are told to have no effect without it", function()
    local problems, warnings = read {SYNAPSE_ENABLE_BUILTIN_COTURN = "no", COTURN_MIN_PORT = "50000",
      COTURN_METRICS = "no"}
    assert.equal("", problems)
    assert.equal("COTURN_MIN_PORT: no effect without SYNAPSE_ENABLE_BUILTIN_COTURN", warnings)
  end)
end)

describe("what is written for coturn", function()
  it("is refused where its file cannot hold it", function()
    assert.equal("a=b:c", quote.coturn "a=b:c")
    assert.equal("3478", quote.coturn(3478))
    for _, bad in ipairs {"", "a b", "a\nb", "a#b", 'a"b', "a'b", "a\\b", "größe"} do
      assert.is_nil((quote.coturn(bad)), bad)
    end
  end)
end)

describe("the kernel's tables", function()
  local TRIE = [[
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 172.17.0.1
        /32 host LOCAL
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 172.20.0.5
        /32 host LOCAL
     |-- 172.20.0.255
        /32 link BROADCAST
Local:
     |-- 172.20.0.5
        /32 host LOCAL
]]
  local ROUTE = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    .. "eth0\t00000000\t010014AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    .. "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    .. "eth0\t000014AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
  local SIX = "fe80000000000000204c10fffe379c04 03 40 20 80     eth0\n"
    .. "00000000000000000000000000000001 01 80 10 80       lo\nfd000001000000000000000000000002 03 40 00 80     eth0\n"
    .. "24000000000000000000000000000008 03 40 00 01     eth0\n24000000000000000000000000000007 03 40 00 80     eth0\n"

  it("tell this machine's addresses, and which one others are reached with", function()
    local tables_of = {["/proc/self/net/fib_trie"] = TRIE, ["/proc/self/net/route"] = ROUTE,
      ["/proc/self/net/if_inet6"] = SIX}
    local own = own_addresses.of(function(path) return tables_of[path] end)
    assert.same({"172.17.0.1", "127.0.0.1", "172.20.0.5"}, own.four)
    assert.same({"0:0:0:0:0:0:0:1", "fd00:1:0:0:0:0:0:2", "2400:0:0:0:0:0:0:8", "2400:0:0:0:0:0:0:7"}, own.six)
    assert.same({four = "172.20.0.5", six = "2400:0:0:0:0:0:0:7"}, own.routed)
    assert.same({four = {}, six = {}, routed = {}}, own_addresses.of(function() end))
  end)

  it("tell which ports of UDP are taken", function()
    local taken = own_addresses.udp("  sl  local_address rem_address   st\n"
      .. "  12: 0101010A:0D96 00000000:0000 07 00000000:00000000 00:00000000 00000000\n",
      "  1: 00000000000000000000000001000000:0D96 00000000000000000000000000000000:0000 07 \n")
    assert.same({["10.1.1.1 3478"] = true, ["0:0:0:0:0:0:0:1 3478"] = true}, taken)
  end)
end)
