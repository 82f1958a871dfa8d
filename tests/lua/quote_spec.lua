local quote = require "files.quote"
local samples = require "samples"

local FORMATS = {"nginx", "yaml", "shell", "redis", "sql_literal", "libpq", "xml"}

-- How many of the samples these formats can hold.
local LEAST = {nginx = 1500, xml = 1500}

-- Readers written from the rules of each format; tests/run/quote_spec.lua asks the real ones.
local readers = {}

function readers.nginx(text)
  local inner = text:match '^"(.*)"$'
  if not inner then return text end
  local control = {n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"', ["'"] = "'"}
  return (inner:gsub("\\(.)", function(c) return control[c] or "\\" .. c end))
end

function readers.yaml(text)
  local inner = text:match '^"(.*)"$'
  if not inner then return text end
  local short = {n = "\n", t = "\t", r = "\r", ["0"] = "\0", ["\\"] = "\\", ['"'] = '"'}
  local out, at = {}, 1
  while at <= #inner do
    local mark, digits = inner:match("^\\([xuU])(%x+)", at)
    local width = ({x = 2, u = 4, U = 8})[mark]
    if width then
      out[#out + 1] = utf8.char(tonumber(digits:sub(1, width), 16))
      at = at + 2 + width
    elseif inner:sub(at, at) == "\\" then
      out[#out + 1] = assert(short[inner:sub(at + 1, at + 1)], "escape")
      at = at + 2
    else
      out[#out + 1] = inner:sub(at, at)
      at = at + 1
    end
  end
  return table.concat(out)
end

function readers.shell(text)
  local out, at = {}, 1
  while at <= #text do
    local inner = text:match("^'([^']*)'", at)
    out[#out + 1] = inner or assert(text:match("^\\(')", at), "unquoted")
    at = at + (inner and #inner or 0) + 2
  end
  return table.concat(out)
end

function readers.redis(text)
  local short = {n = "\n", r = "\r", t = "\t", b = "\b", a = "\a"}
  local inner = text:match '^"(.*)"$'
  return (inner:gsub("\\(.)(%x?%x?)", function(c, digits)
    if c == "x" and #digits == 2 then return string.char(tonumber(digits, 16)) end
    return (short[c] or c) .. digits
  end))
end

function readers.sql_literal(text)
  local inner = text:match "^E'(.*)'$"
  if inner then return (inner:gsub("''", "'"):gsub("\\\\", "\\")) end
  return (text:match "^'(.*)'$":gsub("''", "'"))
end

function readers.libpq(text)
  local inner = text:match "^'(.*)'$"
  return inner and (inner:gsub("\\(.)", "%1")) or text
end

function readers.xml(text)
  local named = {amp = "&", lt = "<", gt = ">", quot = '"'}
  assert(not text:find "[<>\"'\t\r\n]")
  return (text:gsub("&(#?)(%w+);", function(mark, word)
    return mark == "#" and utf8.char(tonumber(word)) or named[word]
  end))
end

describe("quoting", function()
  for _, format in ipairs(FORMATS) do
    it("for " .. format .. " carries every text or says why not", function()
      local carried = 0
      for _, value in ipairs(samples.texts(7, 4000)) do
        local text, why = quote[format](value)
        if text then
          carried = carried + 1
          assert.are.equal(value, readers[format](text))
        else
          assert.is_string(why)
        end
      end
      assert.is_true(carried > (LEAST[format] or 4000), carried)
    end)

    it("for " .. format .. " refuses what is no single value", function()
      for _, value in ipairs{{}, print, coroutine.create(print)} do
        local text, why = quote[format](value)
        assert.is_nil(text)
        assert.truthy(why:find("not a single value", 1, true))
      end
      assert.is_nil((quote[format](nil)))
    end)

    it("for " .. format .. " writes integers in decimal", function()
      assert.are.equal("0", quote[format](0))
      assert.are.equal("8008", quote[format](8008))
      assert.are.equal("9223372036854775807", quote[format](math.maxinteger))
      assert.are.equal("-9223372036854775808", (quote[format](math.mininteger):gsub("^ ", "")))
    end)

    it("for " .. format .. " writes floats that read back the same", function()
      local random = samples.generator(3)
      for _ = 1, 500 do
        local value = (random(2 ^ 31 - 2) - 2 ^ 30) * 10.0 ^ (random(60) - 30) / random(997)
        local text = quote[format](value)
        assert.are.equal(value, tonumber(text))
        assert.truthy(text:find "^ ?-?%d+%.%d+[e%d+-]*$")
      end
      assert.are.equal("1.0", quote[format](1.0))
      assert.are.equal("0.1", quote[format](0.1))
      assert.are.equal("1.0e+20", quote[format](1e20))
    end)
  end

  it("writes booleans in the words of the format", function()
    local expected = {nginx = "on off", yaml = "true false", shell = "true false", redis = "yes no",
      sql_literal = "TRUE FALSE", libpq = "1 0", log = "true false", xml = "true false"}
    for format, words in pairs(expected) do
      assert.are.equal(words, quote[format](true) .. " " .. quote[format](false))
    end
  end)

  it("knows not-a-number and the infinities in YAML only", function()
    assert.are.equal(".nan", quote.yaml(0 / 0))
    assert.are.equal(".inf", quote.yaml(math.huge))
    assert.are.equal("-.inf", quote.yaml(-math.huge))
    for _, format in ipairs{"nginx", "shell", "redis", "sql_literal", "libpq", "xml"} do
      assert.same({nil, "is not a finite number"}, {quote[format](math.huge)})
      assert.is_nil((quote[format](-(0 / 0))))
    end
  end)

  it("refuses bytes that are no UTF-8 where the reader wants UTF-8", function()
    for _, value in ipairs{"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"} do
      for _, format in ipairs{"nginx", "yaml", "sql_literal", "sql_identifier", "xml"} do
        assert.same({nil, "is not valid UTF-8"}, {quote[format](value)})
      end
      for _, format in ipairs{"shell", "redis", "libpq"} do
        assert.are.equal(value, readers[format](quote[format](value)))
      end
    end
  end)

  it("never repeats a refused value, which may be a secret", function()
    for _, format in ipairs(FORMATS) do
      for _, value in ipairs{"hunter2\0", "hunter2\xFF", "hunter2$", ("hunter2 "):rep(600)} do
        local _, why = quote[format](value)
        assert.is_nil((why or ""):find("hunter2", 1, true))
      end
    end
  end)

  it("refuses NUL wherever a C string would be cut", function()
    for _, format in ipairs{"nginx", "shell", "redis", "sql_literal", "sql_identifier", "libpq", "xml"} do
      assert.is_nil((quote[format]("a\0b")))
    end
    assert.are.equal('"a\\0b"', quote.yaml "a\0b")
  end)

  it("needs the start of a word for quotes, but not for plain text", function()
    local places = {nginx = {"unix:", " \t\n;{}"}, yaml = {'x"', " \n[{"}, shell = {"\"'`$\\", " =a"}, redis = {'x"',
      " \n"},
      sql_literal = {"x'_", " (,="}, libpq = {"x'", " ="}}
    for format, place in pairs(places) do
      for before in place[1]:gmatch "." do
        local text, why = quote[format]("a; 'b'", before)
        assert.is_nil(text, format .. before)
        assert.truthy(why:find("other text stands before it", 1, true))
      end
      for before in place[2]:gmatch "." do
        assert.are.equal(quote[format] "a; 'b'", quote[format]("a; 'b'", before))
      end
      assert.are.equal(quote[format] "a; 'b'", quote[format]("a; 'b'", ""))
      assert.are.equal("80", quote[format](80, "x"))
    end
    assert.are.equal("/run/x.sock", quote.nginx("/run/x.sock", ":"))
  end)

  describe("for nginx", function()
    it("refuses a variable and control characters", function()
      for _, value in ipairs{"a$b", "$", "a\nb", "a\tb", "\r", "\127", "\1"} do
        assert.is_nil((quote.nginx(value)))
      end
    end)

    it("leaves simple words plain and quotes the rest", function()
      assert.are.equal("/run/a-b_c.sock", quote.nginx "/run/a-b_c.sock")
      assert.are.equal('""', quote.nginx "")
      assert.are.equal('"a b"', quote.nginx "a b")
      assert.are.equal([["a\\nb\"c"]], quote.nginx [[a\nb"c]])
    end)

    it("refuses an argument that does not fit its buffer", function()
      assert.is_string(quote.nginx(("x"):rep(4095)))
      assert.is_nil((quote.nginx(("x"):rep(4096))))
      assert.is_string(quote.nginx((" "):rep(4093)))
      assert.is_nil((quote.nginx((" "):rep(4094))))
      assert.is_nil((quote.nginx(("\\"):rep(2048))))
    end)
  end)

  describe("for YAML", function()
    it("always stays on one line and printable", function()
      for _, value in ipairs(samples.texts(11, 2000)) do
        assert.is_nil(quote.yaml(value):find "[%c]")
        for _, hidden in ipairs{"\u{80}", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{FFFF}"} do
          assert.is_nil(quote.yaml(value):find(hidden, 1, true))
        end
      end
    end)

    it("keeps words plain unless some reader reads them as another kind", function()
      for _, value in ipairs{"example.com", "/data/homeserver.yaml", "a_b", "postgres"} do
        assert.are.equal(value, quote.yaml(value))
      end
      for _, value in ipairs{"yes", "NO", "y", "N", "On", "off", "True", "FALSE", "null", "Null", "1", "-1", "~", "",
        ".5"} do
        assert.are.equal('"' .. value .. '"', quote.yaml(value))
      end
    end)

    it("keeps Unicode readable", function()
      assert.are.equal('"ä €"', quote.yaml "ä €")
    end)
  end)

  describe("for SQL", function()
    it("puts a space before a minus sign", function()
      assert.are.equal(" -1", quote.sql_literal(-1))
      assert.are.equal(" -0.5", quote.sql_literal(-0.5))
    end)

    it("uses the E form only for backslashes", function()
      assert.are.equal("'it''s'", quote.sql_literal "it's")
      assert.are.equal([[E'a\\''b']], quote.sql_literal [[a\'b]])
    end)

    it("quotes identifiers and refuses those that PostgreSQL would cut or reject", function()
      assert.are.equal('"a""b"', quote.sql_identifier 'a"b')
      assert.are.equal('"User"', quote.sql_identifier "User")
      assert.same({nil, "is empty"}, {quote.sql_identifier ""})
      assert.is_string(quote.sql_identifier(("x"):rep(63)))
      assert.same({nil, "is longer than 63 bytes"}, {quote.sql_identifier(("x"):rep(64))})
      assert.same({nil, "is a number, not a name"}, {quote.sql_identifier(1)})
      assert.is_nil((quote.sql_identifier("a", "b")))
    end)
  end)

  describe("for the log", function()
    it("always gives one printable line of UTF-8", function()
      for _, value in ipairs(samples.texts(5, 2000)) do
        for _, text in ipairs{value, value .. "\xFF" .. value, "\xC3" .. value .. "\xE2\x80"} do
          local line = quote.log(text)
          assert.is_nil(line:find "%c")
          assert.is_truthy(utf8.len(line))
          for _, hidden in ipairs{"\u{85}", "\u{2028}", "\u{202E}", "\u{FEFF}"} do
            assert.is_nil(line:find(hidden, 1, true))
          end
        end
      end
    end)

    it("makes hidden characters visible", function()
      assert.are.equal("a\\nb\\tc\\r", quote.log "a\nb\tc\r")
      assert.are.equal("\\x1B[31m", quote.log "\27[31m")
      assert.are.equal("\\u202Eä", quote.log "\u{202E}ä")
      assert.are.equal("\\U000E0041", quote.log "\u{E0041}")
      assert.are.equal("a\\xFFb\\xC3", quote.log "a\xFFb\xC3")
      assert.are.equal("C:\\dir", quote.log "C:\\dir")
      assert.are.equal("1.5", quote.log(1.5))
      assert.is_nil((quote.log{}))
    end)
  end)
end)

describe("a value for curl", function()
  it("is in quotes, with what would end or change it escaped", function()
    assert.equal([["a\"b\\c\nd\te\rf\vg@h# i"]], quote.curl 'a"b\\c\nd\te\rf\vg@h# i')
    assert.equal('""', quote.curl "")
    assert.same({nil, "has a NUL byte"}, {quote.curl "a\0b"})
  end)
end)

describe("a value in JSON", function()
  it("is what a reader of JSON reads back", function()
    assert.equal([["a\"b\\c\n\u0001\u007f ä"]], quote.json 'a"b\\c\n\1\127 ä')
    assert.equal("localhost", (quote.json "localhost"):match '^"(.*)"$')
    assert.same({"true", "7"}, {quote.json(true), (quote.json(7))})
    assert.same({nil, "is not valid UTF-8"}, {quote.json "\xFF"})
    assert.is_nil((quote.json("x", "a")))
    assert.equal('"x"', quote.json("x", ":"))
  end)
end)
