local yaml = require "lib.yaml"

local function accept(text, options)
  local value, info = yaml.decode(text, options or {name = "x.yaml"})
  assert(value ~= nil, info)
  return value, info
end

-- The whole message, or its beginning if that ends with "...".
local function refuse(text, message)
  local value, what, code = yaml.decode(text, {name = "x.yaml"})
  assert.is_nil(value, text)
  assert.equal("EYAML", code)
  if message:sub(-3) == "..." then what = what:sub(1, #message - 3) .. "..." end
  assert.equal(message, what)
end

local function texts(map)
  local found = {}
  for key, value in pairs(map) do found[type(key) == "table" and key.text or key] = value.text end
  return found
end

describe("a document's text", function()
  it("may begin with a byte order mark, but no other line may", function()
    assert.equal("2", accept("\xef\xbb\xbfa: 1\r\nb: 2\r\n").b.text)
    refuse("a: 1\n\xef\xbb\xbfb: x\n", "x.yaml:2:1: a byte order mark inside of the file")
    assert.equal("x\xef\xbb\xbf", accept("a: 1\nb: x\xef\xbb\xbf\n").b.text)
  end)

  it("has tabs only where PyYAML takes them: in comments, in quotes and in blocks", function()
    local what = "found a tab, use spaces; in a text, quote it"
    refuse("a: 1\t# x\n", "x.yaml:1:5: " .. what)
    refuse("a: 1\t\n", "x.yaml:1:5: " .. what)
    refuse("a:\t1\n", "x.yaml:1:3: " .. what)
    refuse("a: [1,\t2]\n", "x.yaml:1:7: " .. what)
    refuse("a: \xc3\xa4\xc3\xa4 x\ty\n", "x.yaml:1:8: " .. what)
    refuse("a: '#'\t# x\n", "x.yaml:1:7: " .. what)
    local doc = accept '#\t\na: "x\ty" #\tz\nb: |\n  x\ty\nc: x#y # \t\nd: 1\n'
    assert.same({a = "x\ty", b = "x\ty\n", c = "x#y", d = "1"}, texts(doc))
  end)

  it("may hold escapes of half a character, as PyYAML has it", function()
    assert.equal("x\u{fffd}", accept('a: "x\\ud800"').a.text)
    assert.equal("\\ud800\u{fffd}", accept('a: "\\\\ud800\\uDFFF"').a.text)
    refuse('a: "\\u12"', "x.yaml:1:7: did not find expected hexdecimal number (while parsing a quoted scalar that "
      .. "began on line 1)")
  end)

  it("holds no number or date that PyYAML cannot construct", function()
    refuse("a: !!int abc", "x.yaml:1:4: abc is no int")
    refuse("a: 0b_", "x.yaml:1:4: 0b_ is no int")
    for _, date in ipairs {"2021-13-45", "2021-02-29", "2021-02-03 24:00:00", "0000-01-01",
      "2021-02-03T04:05:06+25:00"} do
      refuse("a: " .. date, ("x.yaml:1:4: %s is no timestamp"):format(date))
    end
    accept "[2020-02-29, 2000-02-29, 1.2.3, '2021-13-45', 2021-1-1, 2021-12-31 23:59:59.9 +1:30, -.5, 08]"
  end)

  it("is exactly one document", function()
    refuse("", "x.yaml:1:1: the file is empty")
    refuse("# a\n", "x.yaml:1:1: the file is empty but for comments")
    refuse("a\n---\nb\n", "x.yaml:2:1: a second document starts here, only one is allowed")
    refuse("a: 1\n...\n]\n", "x.yaml:3:1: did not find expected <document start>")
    accept "---\na\n...\n# end\n"
    accept "---\n"
  end)

  it("is refused with the place of the error", function()
    refuse("a: 1\n b: 2\n", "x.yaml:2:3: mapping values are not allowed in this context")
    refuse("a:\n  - [1, 2\n",
      "x.yaml:3:1: did not find expected ',' or ']' (while parsing a flow sequence that began on line 2)")
    refuse("a: 1\nb: \xff\n", "x.yaml:2:4: invalid leading UTF-8 octet")
    refuse("a: \0", "x.yaml:1:4: control characters are not allowed")
  end)

  it("is not larger than 8 MiB", function()
    refuse((" "):rep((8 << 20) + 1), "x.yaml:1:1: the file is larger than 8 MiB")
  end)
end)

describe("a key given twice", function()
  it("is refused with both lines", function()
    refuse("a: 1\nb: 2\na: 3\n", 'x.yaml:3:1: the key "a" is given twice, first on line 1')
    refuse("a:\n  b: 1\n  'b': 2\n", 'x.yaml:3:3: the key "b" is given twice, first on line 2')
    refuse("{<<: {a: 1}, <<: {a: 2}}", 'x.yaml:1:14: the key "<<" is given twice, first on line 1')
    refuse('"a\\nb": 1\n"a\\nb": 1\n', 'x.yaml:2:1: the key "a?b" is given twice, first on line 1')
    accept "a: {b: 1}\nb: {b: 1}\n"
  end)

  it("is a key with the same value", function()
    for _, text in ipairs {"1: a\n0x1: b", "1: a\n1.0: b", "1: a\ntrue: b", "0: a\n-0: b", "10: a\n1_0: b",
      "8: a\n010: b", "90: a\n1:30: b", "5: a\n0b101: b", "~: a\nnull: b", "!!null a: a\n~ : b", "off: a\nNo: b",
      ".inf: a\n.INF: b", "0.5: a\n.5: b", "!!str 1: a\n'1': b", "!!int '1': a\n1: b", "=: a\n'=': b"} do
      refuse(text, "x.yaml:2:1: the key...")
    end
    for _, text in ipairs {"1: a\n'1': b", "~: a\n'': b", "yes: a\ny: b", "'<<': a\n'=': b", "1: a\n-1: b",
      "9007199254740993: a\n9007199254740992: b", ".inf: a\n-.inf: b", "2001-01-01: a\n'2001-01-01': b"} do
      accept(text)
    end
  end)

  it("is a warning on request, and the last wins", function()
    local doc, info = accept("a: 1\nb: 2\na: 3\nb: 4\na: 5\n", {duplicates = "warn"})
    assert.same({a = "5", b = "4"}, texts(doc))
    assert.same({
      {line = 3, column = 1, what = 'the key "a" is given twice, first on line 1'},
      {line = 4, column = 1, what = 'the key "b" is given twice, first on line 2'},
      {line = 5, column = 1, what = 'the key "a" is given twice, first on line 1'},
    }, info.warnings)
    doc = accept("1: a\n0x1: b\n", {duplicates = "warn"})
    assert.same({["1"] = "b"}, texts(doc))
  end)

  it("is shown cut between characters where it is long", function()
    local key = ("\u{e9}"):rep(40)
    refuse(key .. ": 1\n" .. key .. ": 1\n",
      'x.yaml:2:1: the key "' .. ("\u{e9}"):rep(31) .. '" is given twice, first on line 1')
  end)
end)

describe("a tag", function()
  it("is one of safe YAML", function()
    local doc = accept("a: !!str 1\nb: !!set {x}\nc: !!omap [a: 1]\nd: ! x\ne: !<tag:yaml.org,2002:int> 1\n"
      .. "f: !\ng: ! {}\n")
    assert.equal("tag:yaml.org,2002:str", doc.a.tag)
    assert.equal("tag:yaml.org,2002:set", getmetatable(doc.b).tag)
    assert.equal("tag:yaml.org,2002:omap", getmetatable(doc.c).tag)
    assert.is_nil(doc.d.tag)
    assert.equal("tag:yaml.org,2002:int", doc.e.tag)
    assert.is_nil(doc.f.tag)
    assert.is_nil(getmetatable(doc.g).tag)
    refuse("a: !foo x", "x.yaml:1:4: the tag !foo is not allowed")
    refuse("a: !!python/object:os.system x",
      "x.yaml:1:4: the tag tag:yaml.org,2002:python/object:os.system is not allowed")
    refuse("a: !" .. ("x"):rep(200), "x.yaml:1:4: the tag !" .. ("x"):rep(99) .. " is not allowed")
    refuse("!!merge x", "x.yaml:1:1: the tag tag:yaml.org,2002:merge is not allowed")
  end)

  it("fits the kind of its node", function()
    refuse("a: !!str [x]", "x.yaml:1:4: the tag tag:yaml.org,2002:str is not for this kind of value")
    refuse("a: !!map", "x.yaml:1:4: the tag tag:yaml.org,2002:map is not for this kind of value")
    refuse("a: !!omap {}", "x.yaml:1:4: the tag tag:yaml.org,2002:omap is not for this kind of value")
    refuse("!!omap [a: 1, {b: 1, c: 2}]", "x.yaml:1:15: !!omap and !!pairs take mappings with one key")
    refuse("!!pairs [x]", "x.yaml:1:10: !!omap and !!pairs take mappings with one key")
    refuse("! '<<'", "x.yaml:1:1: the tag ! is not allowed here, use !!str")
    accept "! 'text'"
    assert.same({"plain", "single"}, {accept "! '1'".style, accept "! 'text'".style}) -- PyYAML reads the number
  end)
end)

describe("an alias", function()
  it("shares its value, but a scalar gets its own place", function()
    local doc = accept "a: &m {k: 1}\nb: *m\nc: &s x\nd:\n  *s\n*s : 2"
    assert.equal(doc.a, doc.b)
    assert.equal("x", doc.d.text)
    assert.equal(5, doc.d.line)
    assert.equal("2", doc.x.text)
  end)

  it("needs an anchor before it, which is set once", function()
    refuse("a: *m", "x.yaml:1:4: the alias *m names an anchor that is not set above")
    refuse("[*m, &m x]", "x.yaml:1:2: the alias *m names an anchor that is not set above")
    refuse("a: &m [x, *m]", "x.yaml:1:11: the alias *m is used inside the value that it stands for")
    refuse("&m {a: {b: *m}}", "x.yaml:1:12: the alias *m is used inside the value that it stands for")
    refuse("[&m x,\n&m y]", "x.yaml:2:1: the anchor &m is set twice, first on line 1")
    refuse("[&" .. ("m"):rep(70) .. " x, &" .. ("m"):rep(70) .. " y]",
      "x.yaml:1:77: the anchor &" .. ("m"):rep(60) .. " is set twice, first on line 1")
  end)

  it("cannot make a document grow without end", function()
    local text = {"a0: &a0 [x]"}
    for at = 1, 29 do text[at + 1] = ("a%d: &a%d [*a%d, *a%d]"):format(at, at, at - 1, at - 1) end
    refuse(table.concat(text, "\n"), "x.yaml:19:6: the document is too large once its aliases are expanded")
  end)

  it("cannot make a document too deep", function()
    local text = {"a0: &a0 []"}
    for at = 1, 249 do text[at + 1] = ("a%d: &a%d [*a%d]"):format(at, at, at - 1) end
    refuse(table.concat(text, "\n"), "x.yaml:200:7: nested too deeply")
  end)
end)

describe("levels", function()
  it("are 200 at most", function()
    accept(("["):rep(200) .. ("]"):rep(200))
    refuse(("["):rep(1000), "x.yaml:1:201: nested too deeply")
  end)
end)

describe("a merge key", function()
  it("adds the keys that are missing", function()
    local doc = accept "a: &a {x: 1, y: 1, z: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: [{y: 3, w: 3}, *b], x: 4}\n"
    assert.same({x = "1", y = "2", z = "1"}, texts(doc.b))
    assert.same({x = "4", y = "3", z = "1", w = "3"}, texts(doc.c))
    assert.equal("yaml.map", getmetatable(accept("'<<': {a: 1}")["<<"]).__name)
    assert.same({["<"] = "1"}, texts(accept "{<<: {}, <: 1}"))
    assert.same({}, texts(accept "<<: []"))
    assert.same({["1"] = "b"}, texts(accept "{<<: {1: a}, 0x1: b}"))
  end)

  it("loses to a later one", function()
    assert.same({a = "2", b = "1"}, texts(accept("{<<: {a: 1, b: 1}, <<: {a: 2}}", {duplicates = "warn"})))
  end)

  it("accepts only mappings, and is only allowed as a key", function()
    refuse("a: 1\n<<: x\n", "x.yaml:2:1: << takes a mapping or a list of mappings")
    refuse("a: 1\n<<:\n", "x.yaml:2:1: << takes a mapping or a list of mappings")
    refuse("<<: [{}, x]\n", "x.yaml:1:1: << takes mappings, but item 2 of its list is none")
    refuse("a: <<", "x.yaml:1:4: this needs quotes where it is not a key")
    refuse("[=]", "x.yaml:1:2: this needs quotes where it is not a key")
    refuse("=", "x.yaml:1:1: this needs quotes where it is not a key")
  end)
end)

describe("a mapping or a list", function()
  it("cannot be a key", function()
    refuse("a: 1\n? [x]\n: 2\n", "x.yaml:2:3: a mapping or a list cannot be a key")
    refuse("{{a: 1}: 2}", "x.yaml:1:2: a mapping or a list cannot be a key")
    refuse("a: &l []\n*l : 1", "x.yaml:2:1: a mapping or a list cannot be a key")
  end)
end)
