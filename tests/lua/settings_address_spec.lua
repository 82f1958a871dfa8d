local address = require "settings.address"
local kinds = require "settings.kinds"

local function each(cases, check)
  for _, given in ipairs(cases) do check(given) end
end

local function fault(kind, given, entry)
  entry = entry or {}
  entry.kind = kind
  local value, what, hint = kinds.parse(given, entry)
  assert.is_nil(value, given)
  assert.is_string(what, given)
  return what, hint
end

local function accepted(kind, cases, entry)
  entry = entry or {}
  entry.kind = kind
  each(cases, function(given) assert.equal(given, (kinds.parse(given, entry))) end)
end

describe("an IPv6 literal", function()
  it("is taken in every form there is", function()
    each({"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:1.2.3.4", "::FFFF",
      "1:2:3:4:5:6:1.2.3.4", "fe80::1", "2001:db8::a:b"}, function(given)
      assert.is_table(address.ipv6(given), given)
    end)
  end)

  it("is refused in every form there is not", function()
    each({"", "1::2::3", ":::", "1.2.3.4", "::1.2.3", "fe80::1%eth0", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "1::2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8", ":1", "1:", "::00001",
      "::ffff:256.1.1.1", "::g", " ::1", "[::1]", "::1."}, function(given)
      assert.is_nil(address.ipv6(given), given)
    end)
  end)

  it("becomes eight numbers", function()
    assert.same({0, 0, 0, 0, 0, 0xffff, 0x102, 0x304}, address.ipv6 "::ffff:1.2.3.4")
    assert.same({1, 0, 0, 0, 0, 0, 0, 2}, address.ipv6 "1::2")
  end)
end)

describe("an IPv4 literal", function()
  it("has four numbers up to 255 without leading zeros", function()
    assert.same({10, 0, 0, 255}, address.ipv4 "10.0.0.255")
    each({"256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.x", "1.2.3.4 ", "1..2.3"}, function(given)
      assert.is_nil(address.ipv4(given), given)
    end)
  end)
end)

describe("a server name", function()
  it("is a name, IPv4 or [IPv6] with an optional port", function()
    accepted("server_name", {"example.org", "localhost", "matrix-1.example.org:8448", "1.2.3.4", "1.2.3.4:80", "[::1]",
      "[2001:db8::1]:8448", "EXAMPLE.org", "-", ("a"):rep(255)})
  end)

  it("is nothing else", function()
    each({"exa mple.org", "example.org\n", "example..org", ".example.org", "example.org.", "example.org:",
      "example.org:0", "example.org:65536", "example.org:+80", "a:b:80", "::1", "[::1", "[]", "[::1]x", "[1.2.3.4]",
      "bücher.example", "@user:example.org", ("a"):rep(256), "example.org;", "example.org{", "$x",
      '"a"'}, function(given)
      fault("server_name", given)
    end)
  end)

  it("names the part to leave out", function()
    local what, hint = fault("server_name", "https://example.org")
    assert.equal("is not a server name", what)
    fault("server_name", "https:8448/")
    assert.equal("write only the name, such as example.org or example.org:8448, without https:// and path", hint)
    what, hint = fault("server_name", "example.org:8448/path")
    assert.equal("is not a server name", what)
    assert.matches("without https:// and path", hint)
    local _
    _, hint = fault("server_name", "@me:example.org")
    assert.matches("without a user", hint)
    _, hint = fault("server_name", "my_host")
    assert.matches("no underscore", hint)
    _, hint = fault("server_name", "bücher.example")
    assert.matches("ASCII form %(xn%-%-", hint)
    _, hint = fault("server_name", " example.org")
    assert.equal("remove the quotes or blanks around the value", hint)
  end)

  it("says what is wrong", function()
    assert.equal("is not a server name", (fault("server_name", "a b")))
    assert.equal("is not a server name: its port must be 1 to 65535", (fault("server_name", "a:99999")))
    assert.equal("is not a server name: no valid IPv6 address in the brackets", (fault("server_name", "[::g]")))
    assert.equal("is longer than the 255 bytes a server name may have", (fault("server_name", ("a"):rep(256))))
  end)
end)

describe("a host", function()
  it("is a name or an address", function()
    accepted("host", {"db", "my_db.internal", "db.example.org.", "10.0.0.1", "::1", "2001:db8::5", "localhost"})
  end)

  it("has no port, scheme or brackets", function()
    local _, hint = fault("host", "db:5432")
    assert.equal("write the host alone; the port has a variable of its own", hint)
    _, hint = fault("host", "postgres://db")
    assert.equal("write the host alone, without a scheme", hint)
    _, hint = fault("host", "[::1]")
    assert.equal("write an IPv6 address without brackets", hint)
    each({"d b", "1.2.3", "1.2.3.999", "db,db2", "a..b", ".", "-;", "@x", "db\n"}, function(given) fault("host",
      given) end)
  end)

  it("may be a socket directory only where that is allowed", function()
    assert.equal("is not a host name or IP address", (fault("host", "/run/postgresql")))
    assert.equal("/run/postgresql", (kinds.parse("/run/postgresql/", {kind = "host", socket = true})))
    assert.equal("must be a path without . and .. in it", (fault("host", "/run/..", {socket = true})))
  end)
end)

describe("a URL", function()
  it("is absolute, http or https, with a valid host", function()
    accepted("url", {"https://matrix.example.org", "http://a:8080/path/", "https://[::1]:1/", "http://u:p@h/?q#f",
      "https://a_b/%20"})
  end)

  it("is nothing else", function()
    each({"matrix.example.org", "ftp://a", "HTTPS://a", "https://", "https:///x", "https://a b", "https://a\n", "//a",
      "https://ü", "https://a:0/", "https://a:b:1", "https://[::g]/", "https://::1/", "https://a..b", "https:/a",
      "https://a/b c", "https://a/\n", "https://a/ü"},
      function(given) fault("url", given) end)
    assert.equal("is not an absolute http or https URL", (fault("url", "example.org")))
    assert.equal("is a URL without a valid host", (fault("url", "https://")))
    assert.equal("is not a URL: it has a blank, a control character or a character outside ASCII",
      (fault("url", "https://ü")))
  end)

  it("as a base has no user, query or fragment", function()
    each({"https://a?x", "https://a/#x", "https://u@a/", "https://u:p@a"}, function(given)
      assert.equal("must be a URL without user, query and fragment", (fault("url", given, {base = true})))
    end)
    accepted("url", {"https://a/b/"}, {base = true})
  end)
end)

describe("a list of listen addresses", function()
  local function addresses(given) return (kinds.parse(given, {kind = "addresses"})) end

  it("has literal addresses, one spelling each", function()
    assert.same({"127.0.0.1", "::1"}, addresses "127.0.0.1, ::1")
    assert.same({"*", "::"}, addresses "0.0.0.0,[::]")
    assert.same({"*"}, addresses "*")
    assert.same({"::"}, addresses "0:0::0")
    assert.same({"2001:db8::a"}, addresses "[2001:DB8::A]")
    assert.same({"all"}, addresses "all")
  end)

  it("has no names, ports, zones or scraps", function()
    each({"localhost", "127.0.0.1:80", "fe80::1%eth0", "[::1", "127.0.0.1;", "", "1.2.3.4,", "1.2.3.4 ::1", "ALL",
      "256.0.0.1"}, function(given) fault("addresses", given) end)
    assert.equal("must be a list of IP addresses", (fault("addresses", "localhost")))
  end)

  it("names no address twice, and all alone", function()
    each({"*,0.0.0.0", "::,0::0", "::1,0:0::1", "1.2.3.4,1.2.3.4"}, function(given)
      assert.equal("names one address twice", (fault("addresses", given)))
    end)
    assert.equal("says all beside other addresses", (fault("addresses", "all,127.0.0.1")))
  end)
end)

describe("a mail sender", function()
  it("is an address, alone or after a name", function()
    accepted("sender", {"noreply@example.org", "My Server <noreply@example.org>", "<a@b>", "%(app)s <a@b.c>",
      "a+b.c@d-e.f", '"Foo, Inc." <a@b>', "A. B's & C! <a@b>", "100%% <a@b>", "=?UTF-8?Q?B=C3=BCcher?= <a@b>"})
  end)

  it("is nothing Python would read another address out of", function()
    each({"Synapse homeserver", "a b@c", "<>", "a@b, c@d", "a@", "@b", "A, B <a@b>", "A: B <a@b>", "A@B <a@b>",
      "A [x] <a@b>", "a@b@c", "A <a@b> x", "noreply@[::1]", '"x" y" <a@b>', '"a\\" <a@b>', "a@b..c", "A <a;@b>"},
      function(given) fault("sender", given) end)
    assert.equal("is not a mail address", (fault("sender", "Synapse homeserver")))
    assert.equal("has a name with characters that end it early", (fault("sender", "A, B <a@b>")))
  end)

  it("has no percent sign that would break Synapse's formatting", function()
    each({"50% off <a@b>", "%s <a@b>", "%(name)s <a@b>", "a%@b"}, function(given)
      assert.equal("has a percent sign that is not part of %(app)s", (fault("sender", given)))
    end)
  end)

  it("is one line of ASCII, since a header outside ASCII would hide the address", function()
    each({"Bücher <a@b>", "a@b\nBcc: c@d"}, function(given)
      assert.equal("must be one line of ASCII text", (fault("sender", given)))
    end)
  end)
end)
