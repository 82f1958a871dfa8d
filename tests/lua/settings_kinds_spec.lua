local settings_fixture = require "settings_fixture"
local amounts = require "settings.amounts"
local kinds = require "settings.kinds"

local function accepts(entry, cases)
  for given, wanted in pairs(cases) do
    local value, what = kinds.parse(given, entry)
    assert.is_nil(what, given)
    assert.same(wanted, value, given)
  end
end

local function refuses(entry, cases)
  for _, given in ipairs(cases) do
    local value, what, hint = kinds.parse(given, entry)
    assert.is_nil(value, given)
    assert.is_string(what, given)
    assert.is_string(hint, given)
  end
end

local function fault(entry, given)
  local _, what, hint = kinds.parse(given, entry)
  return what, hint
end

describe("a boolean", function()
  it("is true or false in all the usual words and any case", function()
    local cases = {}
    for _, word in ipairs {"yes", "y", "true", "t", "on", "1"} do cases[word], cases[word:upper()] = true, true end
    for _, word in ipairs {"no", "n", "false", "f", "off", "0"} do cases[word], cases[word:upper()] = false, false end
    accepts({kind = "boolean"}, cases)
  end)

  it("is nothing else", function()
    refuses({kind = "boolean"}, {"maybe", "2", "yess", "-1", "01", "o", "enabled", "none", "null"})
  end)

  it("says which words there are", function()
    local what, hint = fault({kind = "boolean"}, "maybe")
    assert.equal("must be yes or no", what)
    assert.equal("write yes, y, true, t, on or 1; or no, n, false, f, off or 0", hint)
  end)
end)

describe("a yes_no", function()
  it("is exactly yes or no in any case", function()
    accepts({kind = "yes_no"}, {yes = true, YES = true, Yes = true, no = false, nO = false})
  end)

  it("accepts no other words for booleans and says so", function()
    refuses({kind = "yes_no"}, {"true", "false", "1", "0", "y", "n", "on"})
    local what, hint = fault({kind = "yes_no"}, "true")
    assert.equal("must be exactly yes or no", what)
    assert.equal("write yes or no; true, false, 1 and 0 are not taken here", hint)
  end)
end)

describe("an integer", function()
  it("is a whole number within its range", function()
    accepts({kind = "integer"}, {["0"] = 0, ["-5"] = -5, ["007"] = 7})
    accepts({kind = "integer", min = 1, max = 10}, {["1"] = 1, ["10"] = 10})
  end)

  it("is nothing that only looks like one", function()
    refuses({kind = "integer"}, {"1.0", "1e3", "0x10", "+1", "1 000", "١", "99999999999999999999", "-", "ten"})
    refuses({kind = "integer", min = 1, max = 10}, {"0", "11", "-1"})
  end)

  it("names its range", function()
    assert.equal("must be a whole number from 1 to 10", fault({kind = "integer", min = 1, max = 10}, "11"))
    assert.equal("must be a whole number of at least 1", fault({kind = "integer", min = 1}, "0"))
    assert.equal("must be a whole number of at most 9", fault({kind = "integer", max = 9}, "10"))
    assert.equal("must be a whole number", (fault({kind = "integer"}, "x")))
  end)
end)

describe("a number", function()
  it("is written with digits and one point", function()
    accepts({kind = "number"}, {["0.5"] = 0.5, [".5"] = 0.5, ["2"] = 2, ["2."] = 2.0, ["-1.5"] = -1.5})
  end)

  it("is nothing else Lua or Python would read", function()
    refuses({kind = "number"}, {"inf", "nan", "0x1p3", "1e3", "1,5", "1_0", ".", "-", "1.2.3", ("9"):rep(400)})
    refuses({kind = "number", min = 0}, {"-0.5"})
  end)

  it("says how to write it", function()
    local what, hint = fault({kind = "number", min = 0}, "1,5")
    assert.equal("must be a number of at least 0", what)
    assert.equal("write it as 2 or 0.5", hint)
  end)
end)

describe("a port", function()
  it("is 1 to 65535", function()
    accepts({kind = "port"}, {["1"] = 1, ["8008"] = 8008, ["65535"] = 65535})
    refuses({kind = "port"}, {"0", "65536", "-1", "8008/tcp", "80:80", "http"})
    assert.equal("must be a port number from 1 to 65535", (fault({kind = "port"}, "0")))
  end)
end)

describe("a list of ports", function()
  local entry = {kind = "ports"}

  it("has ports between commas", function() accepts(entry, {["8009"] = {8009}, ["443, 8448"] = {443, 8448}}) end)

  it("has no other items, and none twice", function()
    refuses(entry, {"0", "65536", "a", "443,", ",443", "443 8448", "-1"})
    assert.equal("names one port twice", (fault(entry, "8010, 8010")))
  end)
end)

describe("a size", function()
  it("is bytes or has a unit, in upper case afterwards", function()
    accepts({kind = "size"}, {["123"] = "123", ["50M"] = "50M", ["10k"] = "10K", ["2g"] = "2G", ["1T"] = "1T",
      ["0010K"] = "10K"})
  end)

  it("is nothing with another unit, a fraction, a sign or too much", function()
    refuses({kind = "size"}, {"50MB", "50MiB", "1.5G", "-1", "M", "0", "0K", "50 M", "9P", "99999999999T",
      "9223372036854775808"})
    assert.equal("must be a size", (fault({kind = "size"}, "50MB")))
    assert.equal("must be a size of at least 1024 bytes", (fault({kind = "size", min = 1024}, "1023")))
  end)

  it("is shown in bytes", function()
    assert.equal(123, amounts.bytes "123")
    assert.equal(10240, amounts.bytes "10K")
    assert.equal(52428800, amounts.bytes "50M")
    assert.equal(2 ^ 31, amounts.bytes "2G")
    assert.equal(2 ^ 40, amounts.bytes "1t")
    assert.equal(math.maxinteger, amounts.bytes "9223372036854775807")
    assert.is_nil(amounts.bytes "8388608T")
    assert.is_nil(amounts.bytes "x")
  end)
end)

describe("a duration", function()
  it("is written as Synapse reads it", function()
    accepts({kind = "duration"}, {["30s"] = "30s", ["5m"] = "5m", ["1h"] = "1h", ["1d"] = "1d", ["1w"] = "1w",
      ["1y"] = "1y", ["500"] = "500", ["05m"] = "5m"})
  end)

  it("has lower case units only, as in Synapse", function()
    refuses({kind = "duration"}, {"5M", "5ms", "5 m", "m", "1.5h", "-1s", "0", "0s", "99999999999999999y"})
    local what, hint = fault({kind = "duration"}, "5M")
    assert.equal("must be a duration", what)
    assert.matches("such as 5m", hint)
  end)

  it("is shown in milliseconds", function()
    assert.equal(500, amounts.milliseconds "500")
    assert.equal(30000, amounts.milliseconds "30s")
    assert.equal(300000, amounts.milliseconds "5m")
    assert.equal(3600000, amounts.milliseconds "1h")
    assert.equal(86400000, amounts.milliseconds "1d")
    assert.equal(604800000, amounts.milliseconds "1w")
    assert.equal(31536000000, amounts.milliseconds "1y")
    assert.is_nil(amounts.milliseconds "1M")
  end)
end)

describe("a path", function()
  it("is absolute, and tidy afterwards", function()
    accepts({kind = "path"}, {["/data"] = "/data", ["/data/"] = "/data", ["//a//b/"] = "/a/b", ["/"] = "/",
      ["/with blank/ü$;\"'%"] = "/with blank/ü$;\"'%", ["/a/.b/..c"] = "/a/.b/..c"})
  end)

  it("is not relative, and has no dots to walk and no control characters", function()
    refuses({kind = "path"}, {"data", "./data", "~/x", "/data/../etc", "/data/.", "/..", "/a\nb", "/a\tb", "/a\u{85}b"})
    assert.equal("must be an absolute path", (fault({kind = "path"}, "data")))
    assert.equal("must be a path without . and .. in it", (fault({kind = "path"}, "/a/../b")))
    assert.equal("must be a path without control characters", (fault({kind = "path"}, "/a\nb")))
  end)
end)

describe("a word", function()
  local entry = {kind = "word", words = {"DEBUG", "INFO"}, case = "upper"}

  it("is one of its words in any case", function()
    accepts(entry, {DEBUG = "DEBUG", info = "INFO", Info = "INFO"})
    accepts({kind = "word", words = {"off", "on"}}, {OFF = "off", on = "on"})
  end)

  it("names the words there are", function()
    assert.equal("must be one of DEBUG, INFO", (fault(entry, "TRACE")))
  end)
end)

describe("a list", function()
  it("has items between commas, without the blanks around them", function()
    accepts({kind = "list"}, {["a"] = {"a"}, ["a,b"] = {"a", "b"}, [" a , b c "] = {"a", "b c"}})
  end)

  it("has no empty items", function()
    refuses({kind = "list"}, {"a,,b", ",a", "a,", ",", " "})
    assert.equal("has an empty item", (fault({kind = "list"}, "a,,b")))
  end)

  it("has no control characters", function()
    assert.equal("has a control character in an item", (fault({kind = "list"}, "a,b\nc")))
  end)

  it("can ask for a beginning or for words", function()
    local turn = {kind = "list", prefixes = {"turn:", "turns:"}}
    accepts(turn, {["turn:a:1?transport=udp, turns:b"] = {"turn:a:1?transport=udp", "turns:b"}})
    assert.equal("has an item that does not begin with turn: or turns:", (fault(turn, "turn:a,b")))
    refuses(turn, {"turn:", "turn:a b", "TURN:a", "https://a"})
    local words = {kind = "list", words = {"email", "msisdn"}}
    accepts(words, {["email,MSISDN"] = {"email", "msisdn"}})
    assert.equal("may only name email, msisdn", (fault(words, "email,phone")))
  end)
end)

describe("a string", function()
  it("is not changed", function()
    for _, text in ipairs {"a b", "'\"", "%s%d", "; error_log /x", "{{x}}", "$HOME", "a\nb", "grün 🔑", "-", "#",
      "0123"} do
      accepts({kind = "string"}, {[text] = text})
    end
  end)

  it("can ask for a single line", function()
    local line = {kind = "string", single_line = true}
    refuses(line, {"a\nb", "a\rb", "a\tb", "a\27[0mb", "a\127b", "a\u{85}b", "a\u{2028}b"})
    assert.equal("must be one line without control characters", (fault(line, "a\nb")))
    accepts(line, {["a b ü"] = "a b ü"})
  end)
end)

describe("every kind", function()
  it("refuses text that is not UTF-8 or holds NUL", function()
    for _, bad in ipairs {"a\xFFb", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"} do
      assert.equal("is not valid UTF-8", (fault({kind = "string"}, bad)))
    end
    assert.equal("contains a NUL byte", (fault({kind = "string"}, "a\0b")))
  end)

  it("sees quotes and blanks that came along by mistake", function()
    for _, given in ipairs {'"8008"', "'8008'", " 8008", "8008\n", ' "8008" '} do
      local what, hint = fault({kind = "port"}, given)
      assert.is_string(what)
      assert.equal("remove the quotes or blanks around the value", hint)
    end
    local _, hint = fault({kind = "port"}, '"x"')
    assert.equal("write digits only, such as 8008", hint)
  end)
end)

describe("a switch of the images before", function()
  local HINT = "write yes, y, true, t, on or 1; or no, n, false, f, off or 0"

  local function read(name, value, more) return settings_fixture.read({[name] = value}, more) end

  it("that was set to anything is on, with a warning, unless the word says no", function()
    for _, name in ipairs {"SYNAPSE_PUBLIC_UNIX_SOCKETS", "SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS"} do
      for _, value in ipairs {"anything", "2", "enabled", "none"} do
        local settings, problems, warnings = read(name, value)
        assert.same({{}, true}, {problems, settings[name]})
        assert.same({{where = name, what = ("counts as yes, as anything but no does here (value: %q)"):format(value),
          hint = HINT}}, warnings)
      end
      local settings, problems, warnings = read(name, "no")
      assert.same({{}, {}, false}, {problems, warnings, settings[name]})
    end
  end)

  it("is off, with a warning, if any other word is a no", function()
    for _, name in ipairs {"SYNAPSE_METRICS", "SYNAPSE_METRICS_UNIX_SOCKETS"} do
      local settings, problems, warnings = read(name, "ture")
      assert.same({{}, false}, {problems, settings[name]})
      assert.same({{where = name, what = "counts as no, as anything but yes does here (value: \"ture\")",
        hint = HINT}}, warnings)
    end
    local settings, problems, warnings = read("SYNAPSE_ENABLE_METRICS", "maybe")
    assert.same({{}, false, "SYNAPSE_ENABLE_METRICS"}, {problems, settings.SYNAPSE_METRICS, warnings[1].where})
  end)

  it("in quotes is a warning to remove them", function()
    local _, _, warnings = read("SYNAPSE_METRICS", '"yes"')
    assert.equal("remove the quotes or blanks around the value", warnings[1].hint)
  end)

  it("shows no value that comes from a file", function()
    local _, problems, warnings = read("SYNAPSE_METRICS_FILE", "/f", {files = {["/f"] = {text = "secret"}}})
    assert.same({{}, "counts as no, as anything but yes does here"}, {problems, warnings[1].what})
  end)
end)
