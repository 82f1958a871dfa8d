local document = require "lib.document"
local samples = require "samples"
local tables = require "lib.tables"

local map, seq, scalar = document.map, document.seq, document.scalar

local function kept(text, tag, style) return scalar{text = text, tag = tag, style = style} end

-- One text per document, marks and styles included, so that a change of an input shows.
local function dump(value)
  if type(value) ~= "table" then return (math.type(value) or type(value)) .. tostring(value) end
  local mark = (getmetatable(value) or {}).__name or "plain"
  if mark == "yaml.scalar" then return ("<%s|%s|%s>"):format(value.text, value.tag, value.style) end
  local parts = {}
  for key, inner in pairs(value) do parts[#parts + 1] = dump(key) .. "=" .. dump(inner) end
  table.sort(parts)
  return mark .. "{" .. table.concat(parts, ";") .. "}"
end

local random = samples.generator(1)
local KEYS = {"a", "b", "c.d", "\\", "?q", "", "<x>"}
local KEPT = {{"1"}, {"yes"}, {"~"}, {"1", "tag:yaml.org,2002:int"}, {"a.b", "x>y"}, {"<t>"}}

local function random_key()
  if random(4) > 1 then return KEYS[random(#KEYS)] end
  local one = KEPT[random(#KEPT)]
  return kept(one[1], one[2])
end

local function holds(t, key)
  for other in pairs(t) do
    if dump(other) == dump(key) then return true end
  end
  return false
end

local random_document

local makers = {
  function() return random(5) end,
  function() return random(2) == 1 end,
  function() return "s" .. random(5) end,
  function() return kept(({"1", "yes", "~", "x", "0x1F"})[random(5)]) end,
  function() return kept("s1", nil, "double") end,
  function(depth)
    local new = {}
    for at = 1, random(3) do new[at] = random_document(depth - 1) end
    return random(2) == 1 and seq(new) or new
  end,
  function(depth)
    local new = {}
    for _ = 1, random(5) - 1 do
      local key = random_key()
      if not holds(new, key) then new[key] = random_document(depth - 1) end
    end
    return random(3) == 1 and next(new) == nil and new or map(new)
  end,
}

function random_document(depth)
  local what = random(depth > 0 and 9 or 5)
  return makers[math.min(what, #makers)](depth)
end

local function random_map(depth)
  local doc
  repeat doc = random_document(depth) until document.kind(doc) == "map"
  return doc
end

-- Every path of a document to what is not a map.
local function leaves(doc, keys, into)
  keys, into = keys or {}, into or {}
  for key, value in pairs(doc) do
    keys[#keys + 1] = key
    if document.kind(value) == "map" then leaves(value, keys, into) else into[document.path(keys)] = value end
    keys[#keys] = nil
  end
  return into
end

describe("the kinds of a document", function()
  it("are recognised by the names of metatables alone", function()
    assert.are.equal("map", document.kind(map{}))
    assert.are.equal("seq", document.kind(seq{}))
    assert.are.equal("scalar", document.kind(kept "x"))
    assert.are.equal("seq", document.kind(setmetatable({}, {__name = "yaml.seq"})))
    assert.are.equal("map", document.kind(setmetatable({1}, {__name = "yaml.map"})))
    assert.are.equal("scalar", document.kind(setmetatable({}, {__name = "yaml.scalar"})))
  end)

  it("of plain values follow Lua", function()
    assert.are.equal("map", document.kind{})
    assert.are.equal("map", document.kind{a = 1})
    assert.are.equal("seq", document.kind{false})
    assert.are.equal("map", document.kind(setmetatable({}, {__name = "other"})))
    assert.are.equal("map", document.kind(setmetatable({}, {__metatable = false})))
    assert.are.equal("string number boolean nil", table.concat({document.kind "", document.kind(1),
      document.kind(false),
      document.kind(nil)}, " "))
  end)

  it("exclude functions and scalars without text", function()
    assert.has_error(function() document.kind(print) end)
    assert.has_error(function() scalar{} end)
  end)

  it("default to a plain scalar", function() assert.are.equal("plain", kept("x").style) end)
end)

describe("document.get", function()
  local doc = map{a = map{b = {c = 1}, off = false}, s = "text", list = seq{map{x = 1}}, plain = {10, 20},
    ["d.o.t"] = map{["\\"] = 2}, ["?q"] = 3, [kept "1"] = map{x = 4}, [kept("1", "t.a>g")] = 5, [""] = 6,
      [kept "<"] = 7}

  it("follows dotted paths through maps", function()
    assert.are.equal(1, document.get(doc, "a.b.c"))
    assert.are.equal(false, document.get(doc, "a.off"))
    assert.are.equal(doc.a, document.get(doc, "a"))
    assert.are.equal(6, document.get(doc, ""))
  end)

  it("returns nil for a missing value", function()
    for _, path in ipairs{"x", "a.x", "a.x.y", "a.b.c.d", "a.off.x"} do assert.is_nil(document.get(doc, path)) end
    assert.is_nil(document.get(nil, "a"))
  end)

  it("never crosses anything but a map", function()
    for _, path in ipairs{"s.len", "list.1", "list.x", "plain.1", "?1.x.text", "s.text"} do
      assert.is_nil(document.get(doc, path))
    end
    assert.is_nil(document.get(map{k = kept "x"}, "k.text"))
    assert.is_nil(document.get("text", "len"))
    assert.is_nil(document.get(kept "x", "text"))
  end)

  it("reads escaped keys and keys that are no strings", function()
    assert.are.equal(2, document.get(doc, "d\\.o\\.t.\\\\"))
    assert.are.equal(3, document.get(doc, "\\?q"))
    assert.are.equal(4, document.get(doc, "?1.x"))
    assert.are.equal(5, document.get(doc, "?<t\\.a\\>g>1"))
    assert.are.equal(7, document.get(doc, "?\\<"))
    assert.is_nil(document.get(doc, "1"))
  end)

  it("finds by document.path every leaf of random documents", function()
    for _ = 1, 500 do
      local one = random_map(4)
      for path, value in pairs(leaves(one)) do assert.are.equal(value, document.get(one, path), path) end
    end
  end)
end)

describe("document.set", function()
  it("makes a new document and leaves the old one", function()
    local old = map{a = map{b = 1, c = 2}, z = map{}}
    local before = dump(old)
    local new = document.set(old, "a.b", 5)
    assert.are.equal(before, dump(old))
    assert.are.equal(dump(map{a = map{b = 5, c = 2}, z = map{}}), dump(new))
  end)

  it("makes missing maps and replaces values that are no maps", function()
    assert.are.equal(dump(map{a = map{b = map{c = 1}}}), dump(document.set(nil, "a.b.c", 1)))
    assert.are.equal(dump(map{a = map{b = 1}}), dump(document.set(map{a = seq{1, 2}}, "a.b", 1)))
    assert.are.equal(dump(map{a = map{b = 1}}), dump(document.set(map{a = kept "x"}, "a.b", 1)))
  end)

  it("removes by nil, and adds nothing on the way", function()
    local doc = map{a = map{b = 1}, s = "x"}
    assert.are.equal(dump(map{a = map{}, s = "x"}), dump(document.set(doc, "a.b", nil)))
    for _, path in ipairs{"a.x", "x.y.z", "s.t", "a.b.c"} do
      assert.are.equal(dump(doc), dump(document.set(doc, path, nil)))
    end
  end)

  it("finds the key that is there, even if it is no string", function()
    local key = kept "1"
    local new = document.set(map{[key] = 1}, "?1", 2)
    assert.are.equal(2, new[key])
    assert.are.equal(dump(map{[key] = 2}), dump(new))
  end)

  it("sets what get then gets, on random documents", function()
    for _ = 1, 500 do
      local doc, keys = random_map(3), {}
      for at = 1, random(4) do keys[at] = random_key() end
      local path, before, value = document.path(keys), dump(doc), random_document(1)
      local new = document.set(doc, path, value)
      assert.are.equal(value, document.get(new, path))
      assert.are.equal(before, dump(doc))
      assert.is_nil(document.get(document.set(new, path, nil), path))
    end
  end)
end)

describe("document.merge", function()
  it("merges maps key by key and replaces everything else", function()
    local low = map{a = map{x = 1, y = 2}, l = seq{1, 2}, s = "low", keep = true}
    local high = map{a = map{y = 3, z = false}, l = seq{9}, s = kept "high"}
    assert.are.equal(dump(map{a = map{x = 1, y = 3, z = false}, l = seq{9}, s = kept "high", keep = true}),
      dump(document.merge(low, high)))
  end)

  it("replaces across kinds, and null replaces a map", function()
    assert.are.equal(dump(map{a = 1}), dump(document.merge(map{a = map{x = 1}}, map{a = 1})))
    assert.are.equal(dump(map{a = map{x = 1}}), dump(document.merge(map{a = seq{}}, map{a = map{x = 1}})))
    assert.are.equal(dump(map{a = kept "~"}), dump(document.merge(map{a = map{x = 1}}, map{a = kept "~"})))
    assert.are.equal(dump(map{a = map{x = 1}}), dump(document.merge(map{a = map{x = 1}}, map{a = {}})))
    assert.are.equal(dump(map{a = seq{}}), dump(document.merge(map{a = map{x = 1}}, map{a = seq{}})))
  end)

  it("marks merged maps, plain tables included, and takes marks by name", function()
    assert.are.equal(dump(map{a = map{x = 1, y = 2}}), dump(document.merge({a = {x = 1}}, {a = {y = 2}})))
    local foreign = setmetatable({x = 1}, {__name = "yaml.map"})
    assert.are.equal(dump(map{x = 1, y = 2}), dump(document.merge(foreign, map{y = 2})))
  end)

  it("treats nil as an absent document", function()
    assert.are.equal("integer1", dump(document.merge(1, nil)))
    assert.are.equal("integer1", dump(document.merge(nil, 1)))
    assert.are.equal("booleanfalse", dump(document.merge(1, false)))
  end)

  it("compares keys that are no strings by text and tag", function()
    local low = map{[kept "1"] = "plain", [kept("1", "tag:yaml.org,2002:int")] = "tagged", ["1"] = "string"}
    local high = map{[kept "1"] = "new", ["1"] = "text"}
    assert.are.equal(dump(map{[kept "1"] = "new", [kept("1", "tag:yaml.org,2002:int")] = "tagged", ["1"] = "text"}),
      dump(document.merge(low, high)))
  end)

  it("leaves its inputs alone, keeps to itself, and takes every leaf from the right side", function()
    for _ = 1, 500 do
      local low, high = random_map(4), random_map(4)
      local low_before, high_before = dump(low), dump(high)
      local merged = document.merge(low, high)
      assert.are.equal(low_before, dump(low))
      assert.are.equal(high_before, dump(high))
      for path, value in pairs(leaves(high)) do assert.are.equal(value, document.get(merged, path)) end
      local from_high = leaves(high)
      for path, value in pairs(leaves(merged)) do
        if from_high[path] == nil then assert.are.equal(value, document.get(low, path)) end
      end
      assert.is_true(document.equal(merged, document.merge(merged, high)))
      assert.is_true(document.equal(low, document.merge(low, low)))
      assert.is_true(document.equal(merged, document.merge(map{}, merged)))
    end
  end)

  it("is associative where no layer changes the kind of a value", function()
    local function typed(depth)
      local new = map{}
      for _, key in ipairs{"a", "b", "c"} do
        if random(2) == 1 then new[key] = random(9) end
        if depth > 0 and random(2) == 1 then new["m" .. key] = typed(depth - 1) end
      end
      return new
    end
    for _ = 1, 200 do
      local a, b, c = typed(3), typed(3), typed(3)
      assert.are.equal(dump(document.merge(document.merge(a, b), c)), dump(document.merge(a, document.merge(b, c))))
    end
  end)
end)

describe("document.layer", function()
  it("merges in order and names the layer of every leaf", function()
    local merged, origins = document.layer{
      {name = "defaults", value = map{a = map{x = 1, y = 2}, l = seq{1}, e = map{}}},
      {name = "homeserver.yaml", value = map{a = map{y = 3}, ["d.o"] = 1, [kept "1"] = map{["?"] = 2}}},
      {name = "nothing"},
      {name = "synlua", value = map{l = seq{2}}},
    }
    assert.are.equal(dump(map{a = map{x = 1, y = 3}, l = seq{2}, e = map{}, ["d.o"] = 1,
      [kept "1"] = map{["?"] = 2}}), dump(merged))
    assert.same({["a.x"] = "defaults", ["a.y"] = "homeserver.yaml", l = "synlua", ["d\\.o"] = "homeserver.yaml",
      ["?1.\\?"] = "homeserver.yaml"}, origins)
  end)

  it("drops origins below a value that a higher layer replaced", function()
    local _, origins = document.layer{{name = "low", value = map{a = map{x = 1}, b = 1}},
      {name = "high", value = map{a = "text", b = map{y = 1}}}}
    assert.same({a = "high", ["b.y"] = "high"}, origins)
  end)

  it("gives an empty map for no layers and refuses a layer that is no map", function()
    assert.are.equal(dump(map{}), dump((document.layer{})))
    assert.has_error(function() document.layer{{name = "x", value = seq{1}}} end)
  end)

  it("names for every leaf of random layers one that has exactly this value there", function()
    for _ = 1, 300 do
      local layers, by_name = {}, {}
      for at = 1, random(4) do
        layers[at] = {name = "layer" .. at, value = random_map(3)}
        by_name["layer" .. at] = layers[at].value
      end
      local merged, origins = document.layer(layers)
      local found = leaves(merged)
      for path, value in pairs(found) do assert.are.equal(value, document.get(by_name[origins[path]], path)) end
      for path in pairs(origins) do assert.is_not_nil(found[path], path) end
    end
  end)
end)

describe("document.equal", function()
  it("compares kept scalars by text, tag and plainness", function()
    assert.is_true(document.equal(kept("a", nil, "single"), kept("a", nil, "folded")))
    assert.is_false(document.equal(kept "1", kept("1", nil, "double")))
    assert.is_false(document.equal(kept "1", kept("1", "tag:yaml.org,2002:int")))
    assert.is_false(document.equal(kept "yes", kept "true"))
  end)

  it("compares a kept scalar with a Lua value as YAML 1.1 reads it", function()
    local pairs_of = {{kept "yes", true}, {kept "off", false}, {kept "0x1F", 31}, {kept "010", 8}, {kept "1.5", 1.5},
      {kept "x", "x"},
      {kept("yes", nil, "double"), "yes"}, {kept("5", "tag:yaml.org,2002:str"), "5"}, {kept "1:30", 90},
        {kept ".nan", 0 / 0}}
    for _, pair in ipairs(pairs_of) do
      assert.is_true(document.equal(pair[1], pair[2]), pair[1].text)
      assert.is_true(document.equal(pair[2], pair[1]), pair[1].text)
    end
    for _, pair in ipairs{{kept "yes", "yes"}, {kept "1", 1.0}, {kept "1.0", 1}, {kept "~", "~"}, {kept "2001-01-01",
      "2001-01-01"},
      {kept "x", {}}, {kept "~", false}, {kept("AA==", "tag:yaml.org,2002:binary"), "\0"}} do
      assert.is_false(document.equal(pair[1], pair[2]), pair[1].text)
      assert.is_false(document.equal(pair[2], pair[1]), pair[1].text)
    end
  end)

  it("distinguishes an absent value from null", function()
    assert.is_false(document.equal(kept "~", nil))
    assert.is_false(document.equal(map{a = kept "~"}, map{}))
    assert.is_true(document.equal(nil, nil))
  end)

  it("ignores metatables but distinguishes maps from sequences", function()
    assert.is_true(document.equal(map{a = seq{1}}, {a = {1}}))
    assert.is_true(document.equal(map{}, {}))
    assert.is_false(document.equal(map{}, seq{}))
    assert.is_false(document.equal(seq{1, 2}, seq{1}))
    assert.is_false(document.equal(seq{1}, seq{1, 2}))
    assert.is_false(document.equal(map{a = 1}, map{a = 1, b = 2}))
    assert.is_false(document.equal(map{a = 1, b = 2}, map{a = 1}))
    assert.is_false(document.equal(map{a = 1}, map{b = 1}))
    assert.is_true(document.equal(map{[kept "1"] = 2}, map{[kept "1"] = 2}))
    assert.is_false(document.equal(map{[kept "1"] = 2}, map{["1"] = 2}))
    assert.is_false(document.equal(1, 1.0))
    assert.is_true(document.equal(0 / 0, 0 / 0))
  end)

  it("holds for a copy and fails for any changed leaf, in both directions", function()
    for _ = 1, 300 do
      local doc = random_map(4)
      assert.is_true(document.equal(doc, tables.copy(doc)))
      for path in pairs(leaves(doc)) do
        local other = document.set(doc, path, "changed")
        assert.is_false(document.equal(doc, other))
        assert.is_false(document.equal(other, doc))
        assert.is_false(document.equal(doc, (document.set(doc, path, nil))))
      end
    end
  end)
end)

describe("document.overlay", function()
  it("holds whole top-level keys that differ, and nothing else", function()
    local base = map{a = map{x = 1, y = kept "yes"}, b = 2, c = seq{1}}
    local merged = map{a = map{x = 1, y = true}, b = 3, c = seq{1, 2}, d = map{}}
    assert.are.equal(dump(map{b = 3, c = seq{1, 2}, d = map{}}), dump((document.overlay(base, merged))))
    local deep = document.overlay(base, document.merge(base, map{a = map{z = 1}}))
    assert.are.equal(dump(map{a = map{x = 1, y = kept "yes", z = 1}}), dump(deep))
  end)

  it("names the keys that it cannot remove", function()
    local overlay, lost = document.overlay(map{a = 1, ["b.c"] = 2, [kept "1"] = 3}, map{a = 1})
    assert.are.equal(dump(map{}), dump(overlay))
    assert.same({"?1", "b\\.c"}, lost)
  end)

  it("is all of the document without a base", function()
    assert.are.equal(dump(map{a = 1}), dump((document.overlay(nil, map{a = 1}))))
  end)

  it("over its base by top-level keys is the merged document, with no key too many", function()
    for _ = 1, 500 do
      local base, high = random_map(4), random_map(4)
      local merged = document.merge(base, high)
      local overlay, lost = document.overlay(base, merged)
      assert.same({}, lost)
      local shallow = base
      for key, value in pairs(overlay) do
        shallow = document.set(shallow, document.path{key}, value)
        assert.is_false(document.equal(document.get(base, document.path{key}), value))
      end
      assert.is_true(document.equal(merged, shallow))
    end
  end)
end)

describe("document.plain", function()
  it("gives Lua values without marks", function()
    local plain = document.plain(map{a = kept "yes", l = seq{kept "0x10", map{x = kept "1.5"}}, s = kept("no", nil,
      "single"), n = 3})
    assert.same({a = true, l = {16, {x = 1.5}}, s = "no", n = 3}, plain)
    assert.is_nil(getmetatable(plain))
    assert.is_nil(getmetatable(plain.l))
    assert.are.equal(true, document.plain(kept "on"))
    assert.are.equal("x", document.plain "x")
  end)

  it("drops null from maps and keeps its place in sequences", function()
    local plain = document.plain(map{a = kept "~", l = seq{1, kept "null", 3}})
    assert.is_nil(plain.a)
    assert.are.equal(3, #plain.l)
    assert.are.equal("scalar", document.kind(plain.l[2]))
    assert.is_nil(document.plain(kept ""))
  end)

  it("keeps a scalar that Lua has no value for", function()
    local odd = kept("x", "!vault")
    assert.are.equal(odd, document.plain(map{a = odd}).a)
  end)

  it("reads keys, and uses the text of those that Lua cannot have as keys", function()
    assert.same({[1] = "a", [true] = "b", ["~"] = "c", [".nan"] = "d"},
      document.plain(map{[kept "1"] = "a", [kept "yes"] = "b", [kept "~"] = "c", [kept ".nan"] = "d"}))
  end)
end)
