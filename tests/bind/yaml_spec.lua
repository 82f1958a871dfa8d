local events = require "core.yaml"
local yaml = require "lib.yaml"

local function decode(text, options)
  local value, info, code = yaml.decode(text, options)
  assert(value ~= nil, info)
  assert.is_nil(code)
  return value, info
end

local function name_of(value) return getmetatable(value).__name end

local function again(text) return assert(yaml.encode((decode(text)))) end

local function refused(value, message)
  local text, what, code = yaml.encode(value)
  assert.is_nil(text)
  assert.equal(message, what)
  assert.equal("EYAML", code)
end

local function scalar(text, style, tag)
  return setmetatable({text = text, style = style, tag = tag}, {__name = "yaml.scalar"})
end

local function map(t) return setmetatable(t, {__name = "yaml.map"}) end
local function seq(t) return setmetatable(t, {__name = "yaml.seq"}) end

local function nested(levels)
  local value = {}
  for _ = 2, levels do value = {value} end
  return value
end

describe("a decoded document", function()
  it("has maps, sequences and kept scalars with their places", function()
    local doc = decode "a: 0660\nb:\n  - 'x'\n  - !!str 1\n"
    assert.equal("yaml.map", name_of(doc))
    assert.equal("yaml.seq", name_of(doc.b))
    assert.equal("yaml.scalar", name_of(doc.a))
    assert.same({text = "0660", style = "plain", line = 1, column = 4}, doc.a)
    assert.same({text = "x", style = "single", line = 3, column = 5}, doc.b[1])
    assert.equal("tag:yaml.org,2002:str", doc.b[2].tag)
    assert.equal(2, #doc.b)
  end)

  it("keeps every style", function()
    local doc = decode "- a\n- 'a'\n- \"a\"\n- |\n  a\n- >\n  a\n"
    local styles = {}
    for at, item in ipairs(doc) do styles[at] = item.style end
    assert.same({"plain", "single", "double", "literal", "folded"}, styles)
  end)

  it("has string keys where YAML 1.1 reads strings, and scalars elsewhere", function()
    local doc = decode "a: 1\n'1': 2\n=: 3\n!!str 2: 4\ny: 5\n1: 6\n"
    local kept = {}
    for key in pairs(doc) do
      if type(key) == "table" then kept[#kept + 1] = key end
    end
    assert.equal("1", doc.a.text)
    assert.equal("2", doc["1"].text)
    assert.equal("3", doc["="].text)
    assert.equal("4", doc["2"].text)
    assert.equal("5", doc.y.text)
    assert.equal(1, #kept)
    assert.equal("yaml.scalar", name_of(kept[1]))
    assert.equal("1", kept[1].text)
    assert.equal("6", doc[kept[1]].text)
  end)

  it("keeps NUL characters in text and keys", function()
    local doc = decode '"a\\0b": "c\\0"'
    assert.equal("c\0", doc["a\0b"].text)
  end)

  it("shares the tables that aliases share", function()
    local doc = decode "a: &x {k: [1]}\nb: *x\nc: {<<: *x}\nd: {k: [1]}\n"
    assert.equal(doc.a, doc.b)
    assert.not_equal(doc.a, doc.c)
    assert.equal(doc.a.k, doc.c.k)
    assert.not_equal(doc.a.k, doc.d.k)
  end)

  it("knows the line of every map and sequence", function()
    local doc, info = decode "a:\n  b: 1\nc:\n  - 1\n"
    assert.equal(1, info.lines[doc])
    assert.equal(2, info.lines[doc.a])
    assert.equal(4, info.lines[doc.c])
    assert.same({}, info.warnings)
  end)

  it("keeps the tags that change the kind of a collection", function()
    local doc = decode "a: !!set {x}\nb: !!omap [x: 1]\nc: !!map {}\n"
    assert.equal("yaml.map", name_of(doc.a))
    assert.equal("tag:yaml.org,2002:set", getmetatable(doc.a).tag)
    assert.equal("yaml.seq", name_of(doc.b))
    assert.equal("tag:yaml.org,2002:omap", getmetatable(doc.b).tag)
    assert.is_nil(getmetatable(doc.c).tag)
  end)
end)

describe("decoding", function()
  it("names the file, the line and the column of a fault", function()
    local value, message, code = yaml.decode("a: 1\n b: 2\n", {name = "homeserver.yaml"})
    assert.is_nil(value)
    assert.equal("homeserver.yaml:2:3: mapping values are not allowed in this context", message)
    assert.equal("EYAML", code)
  end)

  it("refuses a key given twice unless asked to warn", function()
    local text = "a: 1\nb: 2\na: 3\n"
    local _, message = yaml.decode(text, {name = "x"})
    assert.equal('x:3:1: the key "a" is given twice, first on line 1', message)
    assert.is_nil((yaml.decode(text, {duplicates = "error"})))
    local doc, info = decode(text, {duplicates = "warn"})
    assert.equal("3", doc.a.text)
    assert.same({{line = 3, column = 1, what = 'the key "a" is given twice, first on line 1'}}, info.warnings)
  end)

  it("raises for what only a programmer can get wrong", function()
    assert.has_error(function() yaml.decode() end)
    assert.has_error(function() yaml.decode({}) end)
    assert.has_error(function() yaml.decode("a", "b") end)
    assert.has_error(function() yaml.decode("a", {name = {}}) end)
    assert.has_error(function() yaml.decode("a", {duplicates = "maybe"}) end)
    assert.has_error(function() yaml.encode() end)
    assert.has_error(function() events.reader() end)
    assert.has_error(function() assert(events.writer()):put("text") end)
    assert.has_error(function() assert(events.writer()):put("scalar", nil, "x", "odd") end)
    assert.has_error(function() assert(events.writer()):put("scalar") end)
  end)

  it("frees everything, also what failed half way", function()
    for _ = 1, 200 do
      decode "a: [1, {b: c}]"
      assert.is_nil((yaml.decode "a: [1, {b: c}, *x]"))
      assert.is_nil((yaml.encode {a = {1, print}}))
      assert.is_nil((yaml.encode {a = {"\xff"}}))
    end
    collectgarbage()
  end)
end)

describe("readers and writers", function()
  it("are closed by their end and by a fault", function()
    local reader = assert(events.reader "x")
    assert.equal("scalar", (reader:next()))
    assert.equal("done", (reader:next()))
    assert.has_error(function() reader:next() end)
    reader = assert(events.reader "]")
    assert.is_nil((reader:next()))
    assert.has_error(function() reader:next() end)
    local writer = assert(events.writer())
    assert.is_nil((writer:put "map_end"))
    assert.has_error(function() writer:put("map") end)
    writer = assert(events.writer())
    assert.is_true(writer:put("scalar", nil, "x", "plain"))
    assert.equal("--- x\n", writer:finish())
    assert.has_error(function() writer:finish() end)
  end)
end)

describe("an encoded value", function()
  it("is in block style with sorted keys", function()
    assert.equal("B: 1\na:\n- x\n- b: {}\n  c: []\nz: true\n",
      yaml.encode {z = true, a = {"x", {b = {}, c = seq {}}}, B = 1})
  end)

  it("has plain words and quotes everything else", function()
    assert.equal('- /data/x.yaml\n- "yes"\n- "1"\n- ""\n- "a b"\n- "\\xE9\\n\\0"\n- "<<"\n- "y"\n',
      yaml.encode {"/data/x.yaml", "yes", "1", "", "a b", "é\n\0", "<<", "y"})
  end)

  it("has numbers of the kind they are", function()
    assert.equal("- 1\n- -9223372036854775808\n- 1.0\n- 1.0e+20\n- 0.1\n- .inf\n- -.inf\n- .nan\n- false\n",
      yaml.encode {1, math.mininteger, 1.0, 1e20, 0.1, 1 / 0, -1 / 0, 0 / 0, false})
  end)

  it("writes a string plain only if no reader can mistake it", function()
    for _, text in ipairs {"a", "/data/x.yaml", "example.org", "_x", "a-b_c.1", "x86_64", "inf"} do
      assert.equal("- " .. text .. "\n", yaml.encode {text})
    end
    for _, text in ipairs {"", "y", "N", "yes", "null", "~", "1", "1.5", "a b", "a:", "a:b", "<<", "=", "-", "-a",
      "@a", "*a", "#", "[a]", "0x1", "%a", ".a", "Off", "?", "!a", "&a", " a ", "a ", "'", "{}"} do
      assert.equal('- "' .. text .. '"\n', yaml.encode {text})
    end
    assert.equal('- "a\\0b"\n', yaml.encode {"a\0b"})
    assert.equal('- "\\n\\t\\r\\e\\x7F\\"\\\\"\n', yaml.encode {"\n\t\r\x1b\x7f\"\\"})
    assert.equal('- "\\xE9\\L\\U0001F600"\n', yaml.encode {"\u{e9}\u{2028}\u{1f600}"})
  end)

  it("has floats that are read back as floats", function()
    local cases = {{0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {0.1, "0.1"}, {1e15, "1.0e+15"}, {1e-5, "1.0e-05"},
      {1.5e300, "1.5e+300"}, {1 / 3, "0.3333333333333333"}, {5e-324, "4.94065645841247e-324"}, {1 / 0, ".inf"},
      {-1 / 0, "-.inf"}, {0 / 0, ".nan"}}
    for _, case in ipairs(cases) do assert.equal("--- " .. case[2] .. "\n", yaml.encode(case[1])) end
  end)

  it("has kept scalars as they were, unless that is not safe", function()
    local tag = "tag:yaml.org,2002:str"
    local cases = {{"0660", "plain", " 0660"}, {"", "plain", ""}, {"a b", "plain", " a b"},
      {"a: b", "plain", " 'a: b'"}, {"1", "single", " '1'"}, {"1", "double", ' "1"'},
      {"a\nb\n", "literal", " |\n  a\n  b"},
      {"a b\nc\n", "folded", " >\n  a b\n\n  c"}, {" a\n", "literal", ' " a\\n"'},
      {"a\n\nb\n", "literal", ' "a\\n\\nb\\n"'}, {"a", "literal", ' "a"'}, {"a\nb", "single", ' "a\\nb"'},
      {"2001-01-01\t1:00:00", "plain", ' !!timestamp "2001-01-01\\t1:00:00"'}}
    for _, case in ipairs(cases) do
      assert.equal("-" .. case[3] .. "\n", yaml.encode {scalar(case[1], case[2])})
    end
    assert.equal("- !!str 1\n", yaml.encode {scalar("1", "plain", tag)})
  end)

  it("is in blocks where it is not empty", function()
    local value = {a = {1, map {}, setmetatable({}, {__name = "yaml.seq", tag = "tag:yaml.org,2002:omap"})},
      [scalar("", "plain")] = true}
    assert.equal("a:\n- 1\n- {}\n- !!omap []\nnull: true\n", yaml.encode(value))
  end)

  it("keeps kept scalars as they are written", function()
    local text = "- 0660\n- '1'\n- \"x\"\n- !!str 1\n- |\n  a\n  b\n- >\n  a b\n-\n"
    assert.equal(text, again(text))
  end)

  it("keeps keys that are not strings, sorted with the others", function()
    assert.equal('"": 0\n2: a\n"2": b\na: f\ntrue: d\n~: c\n"~": e\n',
      again "true: d\n~: c\na: f\n'~': e\n'2': b\n2: a\n'': 0\n")
    assert.equal("a: 1\nnull: 0\n", again "? \n: 0\na: 1\n")
  end)

  it("writes out what aliases and merge keys share", function()
    assert.equal("a:\n  x: 1\nb:\n  x: 1\nc:\n  x: 1\n  z: 2\n", again "a: &x {x: 1}\nb: *x\nc: {<<: *x, z: 2}\n")
  end)

  it("keeps sets, ordered maps and pairs", function()
    local text = "a: !!set\n  x:\nb: !!omap\n- x: 1\nc: !!pairs []\n"
    assert.equal(text, again(text))
  end)

  it("may be a scalar alone", function()
    assert.equal("--- x\n", yaml.encode "x")
    assert.equal('--- ""\n', yaml.encode "")
    assert.equal("---\n", yaml.encode(scalar("", "plain")))
    assert.equal("--- 1\n", yaml.encode(1))
  end)

  it("decides the kind of an empty table by its metatable, and of a plain one by its first item", function()
    assert.equal("{}\n", yaml.encode {})
    assert.equal("{}\n", yaml.encode(map {}))
    assert.equal("[]\n", yaml.encode(seq {}))
    assert.equal("- 1\n", yaml.encode {1})
  end)

  it("survives 200 levels", function()
    local text = assert(yaml.encode(nested(200)))
    assert.equal(text, again(text))
  end)
end)

describe("encoding refuses", function()
  it("text that is not UTF-8, by its place", function()
    refused({a = {b = {"x", {c = "\xff"}}}}, "a.b[2].c: not valid UTF-8")
    refused({["\xff"] = 1}, "?: not valid UTF-8")
    refused("\xc0\x80", "the value: not valid UTF-8")
  end)

  it("bytes that only look like UTF-8, as a string and as a kept scalar", function()
    for _, text in ipairs {"\xff", "a\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"} do
      refused(text, "the value: not valid UTF-8")
      refused(scalar(text, "plain"), "the value: not valid UTF-8")
    end
    for _, text in ipairs {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"} do
      assert(yaml.encode(text))
    end
  end)

  it("tables with holes or with two kinds of keys", function()
    refused({a = {1, nil, 3}}, "a: a sequence with holes")
    refused(seq {1, x = 2}, "the value: a sequence with a key that is not an index")
    refused(seq {[0] = 1}, "the value: a sequence with a key that is not an index")
    refused({[2] = "x"}, "the value: a key that is neither text nor a scalar")
    refused(map {"x"}, "the value: a key that is neither text nor a scalar")
    refused({[true] = 1}, "the value: a key that is neither text nor a scalar")
  end)

  it("a table that contains itself, and too many levels", function()
    local loop = {}
    loop.a = {loop}
    refused(loop, "a[1]: a table that contains itself")
    local _, message = yaml.encode(nested(201))
    assert.truthy(message:find("nested too deeply", 1, true))
  end)

  it("a value that grows without end by sharing", function()
    local value = {1}
    for _ = 1, 40 do value = {value, value} end
    local _, message = yaml.encode(value)
    assert.truthy(message:find("too many values", 1, true))
  end)

  it("values that YAML does not have", function()
    refused({a = print}, "a: a function")
    refused(nil, "the value: a nil")
    refused({a = setmetatable({}, {__index = {}})}, "a: a table with a metatable that is not YAML's")
    refused({a = setmetatable({}, {__name = "settings"})}, "a: a table with a metatable that is not YAML's")
  end)

  it("scalars that no reader could read", function()
    refused({a = scalar("x", "odd")}, "a: a scalar with an unknown style")
    refused({a = scalar(nil, "plain")}, "a: a scalar without text")
    refused({a = scalar("x", "plain", "!foo")}, "a: the tag !foo cannot be written here")
    refused({a = scalar("x", "plain", "tag:yaml.org,2002:map")},
      "a: the tag tag:yaml.org,2002:map cannot be written here")
    refused({a = setmetatable({}, {__name = "yaml.seq", tag = "tag:yaml.org,2002:set"})},
      "a: the tag tag:yaml.org,2002:set cannot be written here")
    refused({a = scalar("=", "plain")}, "a: a plain = cannot be written")
    refused({a = scalar("<<", "plain")}, "a: a plain << cannot be written")
    refused({[scalar("<<", "plain")] = {}}, "<<: a plain << cannot be written")
    refused({[scalar(nil)] = 1}, "the value: a scalar without text")
  end)

  it("two keys that would be read as one", function()
    refused({a = 1, [scalar("a", "double")] = 2}, "a: given twice, as text or as a scalar")
    refused({[scalar("1", "plain")] = 1, [scalar("1", "plain")] = 2},
      "1: given twice, as text or as a scalar")
  end)
end)
