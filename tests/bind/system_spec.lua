local system = require "core.system"
local support = require "run.support"

describe("core.system", function()
  it("tells the addresses of a host name, or that it has none", function()
    assert.matches("127.0.0.1\n", (assert(system.addresses "127.0.0.1")), 1, true)
    assert.matches("^[%x:.\n]+$", (assert(system.addresses "localhost")))
    local none, what, name = system.addresses "no-such-host.invalid"
    assert.is_nil(none)
    assert.is_string(what)
    assert.is_truthy(name == "ENOENT" or name == "EAGAIN", name)
  end)

  it("gives the environment with every byte of a value", function()
    local output = support.in_loop([[
      local all = core.system.environment()
      say(all.PLAIN, ("%q"):format(all.EQUALS), ("%q"):format(all.EMPTY), tostring(all.NOT_THERE))
      core.loop.stop(0)]], "PLAIN=word EQUALS='a=b = c' EMPTY=")
    assert.equal('word "a=b = c" "" nil\n', output)
  end)

  it("knows who and where we are", function()
    local identity = system.identity()
    assert.equal(tonumber((support.capture "id -u")), identity.uid)
    assert.equal(tonumber((support.capture "id -g")), identity.gid)
    assert.equal(support.SYNLUA, require "core.file".realpath(("/proc/%d/exe"):format(identity.pid)))
    assert.equal(tonumber((support.capture "nproc")), identity.cpus)
    assert.equal(tonumber((support.capture "getconf PAGESIZE")), identity.page_size)
  end)

  it("finds a user by name, and reports an unknown one", function()
    assert.same({0, 0}, {system.user "root"})
    local uid, what, name = system.user "nobody-of-this-name"
    assert.is_nil(uid)
    assert.equal("there is no user nobody-of-this-name", what)
    assert.equal("ENOENT", name)
  end)

  it("has a clock that does not go back", function()
    local before = system.now()
    assert.equal("integer", math.type(before))
    assert.is_true(system.now() >= before)
  end)

  it("gives as many random bytes as were asked for, never the same", function()
    for _, n in ipairs {1, 32, 256} do assert.equal(n, #system.random(n)) end
    assert.is_true(system.random(32) ~= system.random(32))
    for _, n in ipairs {0, -1, 257, math.maxinteger, math.mininteger} do
      assert.error_matches(function() system.random(n) end, "must be 1 to 256")
    end
  end)

  it("knows the versions of the libraries", function()
    local versions = system.versions()
    assert.matches("^5%.4%.%d+$", versions.lua)
    assert.equal((support.capture "pkg-config --modversion libuv"):gsub("%s", ""), versions.libuv)
  end)

  it("knows a terminal", function()
    local output = support.in_loop([[
      assert(not pcall(core.system.is_terminal, 1 << 32), "another number was taken for descriptor 0")
      say(tostring(core.system.is_terminal(1)), tostring(core.system.is_terminal(-1)),
        tostring(core.system.is_terminal(999)))
      core.loop.stop(0)]])
    assert.equal("false false false\n", output)
  end)

  it("distinguishes free addresses from addresses in use", function()
    assert.is_true(system.can_listen("127.0.0.1", 0))
    local free, what, name = system.can_listen("not an address", 80)
    assert.is_nil(free)
    assert.equal("not an address: not an IPv4 or IPv6 address", what)
    assert.equal("EINVAL", name)
    local address_name = select(3, system.can_listen("192.0.2.1", 8008)) -- TEST-NET-1 belongs to nobody
    assert.equal("EADDRNOTAVAIL", address_name)
  end)

  it("refuses an invalid port", function()
    for _, port in ipairs {-1, 65536, math.maxinteger} do
      assert.error_matches(function() system.can_listen("127.0.0.1", port) end, "is no port")
    end
  end)

  it("distinguishes free socket paths from paths in use and from invalid ones", function()
    assert.is_true(system.socket_is_free "/nonexistent/socket")
    local free, what, name = system.socket_is_free("/" .. ("s"):rep(107))
    assert.is_nil(free)
    assert.truthy(what:find "at most 107 bytes")
    assert.equal("ENAMETOOLONG", name)
  end)

  it("finds a socket in use if a process listens on it", function()
    local server = support.listen()
    finally(function() server:close() end)
    local free, what, name = system.can_listen("127.0.0.1", server.port)
    assert.is_nil(free)
    assert.equal(("127.0.0.1 port %d: Address already in use"):format(server.port), what)
    assert.equal("EADDRINUSE", name)
    free, what, name = system.socket_is_free(server.path)
    assert.is_nil(free)
    assert.equal(server.path .. ": Address already in use", what)
    assert.equal("EADDRINUSE", name)
  end)

  it("gives back the code of libraries, which comes again when it is needed", function()
    local yaml = require "lib.yaml"
    local function resident()
      local sum, is_inside = 0, false
      for line in io.lines "/proc/self/smaps" do
        if line:find "^%x+%-%x+ " then is_inside = line:find("r-xp .*/libyaml") ~= nil end
        sum = sum + (is_inside and tonumber(line:match "^Rss: +(%d+)") or 0)
      end
      return sum
    end
    assert.equal("a: 1\n", yaml.encode {a = 1})
    assert.is_true(resident() > 0)
    system.give_back()
    assert.is_true(resident() <= 4, "its last page, which another part of the library could share")
    assert.equal("a: 1\n", yaml.encode {a = 1})
  end)
end)
