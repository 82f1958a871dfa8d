local matcher = require "plan.routes.matcher"
local template = require "plan.routes.template"
local tree = require "plan.routes.tree"

local function one(text) return assert(template.parse(text))[1] end

local function texts(text)
  local list = {}
  for at, pattern in ipairs(assert(template.parse(text))) do list[at] = pattern.text end
  return list
end

describe("a path template", function()
  it("is words, {names} of one segment, {alternatives}, and /* at its end", function()
    local pattern = one "/_matrix/client/v3/rooms/{room}/event/*"
    assert.equal(true, pattern.rest)
    assert.same({{word = "_matrix"}, {word = "client"}, {word = "v3"}, {word = "rooms"}, {param = "room"},
      {word = "event"}}, pattern.segments)
    assert.equal("/_matrix/client/v3/rooms/{}/event/*", pattern.key)
  end)

  it("makes one pattern for each choice among its alternatives, whose words may have slashes", function()
    assert.same({"/c/api/v1/x/a", "/c/api/v1/x/b", "/c/r0/x/a", "/c/r0/x/b"}, texts "/c/{api/v1|r0}/x/{a|b}")
  end)

  it("may have one {name+}, a value of one or more segments, with something behind it", function()
    local pattern = one "/users/{user+}/media"
    assert.same({{word = "users"}, {param = "user", many = true}, {word = "media"}}, pattern.segments)
    assert.equal("/users/{user+}/media", pattern.text)
    assert.equal("/users/{+}/media", pattern.key)
    for _, text in ipairs {"/x/{y+}", "/x/{y+}/*", "/x/{y+}/a/{z+}/b"} do
      local patterns, why = template.parse(text)
      assert.is_nil(patterns, text)
      assert.is_truthy(why:find("{name+}", 1, true))
    end
  end)

  it("is refused when it is anything else", function()
    for _, text in ipairs {"", "/", "x", "/x/", "//x", "/x*", "/*", "/x/*/y", "/{A B}", "/{a|}", "/{}", "/x{y}", "/x y",
      "/x/../{a", "/x?y", "/$", "/(a)"} do
      local patterns, why = template.parse(text)
      assert.is_nil(patterns, text)
      assert.is_string(why)
    end
  end)
end)

describe("two patterns", function()
  local cases = {
    {"/a/b", "/a/b", "same"}, {"/a/{x}", "/a/{y}", "same"}, {"/a/*", "/a/*", "same"}, {"/a/b", "/a/c", "apart"},
    {"/a", "/a/b", "apart"}, {"/a", "/a/*", "apart"}, {"/a/b", "/a/{x}", "inside"}, {"/a/b", "/a/*", "inside"},
    {"/a/{x}/c", "/a/*", "inside"}, {"/a/{x}", "/a/*", "inside"}, {"/a/b/*", "/a/{x}/*", "inside"},
    {"/a/b/c", "/a/{x}/{y}", "inside"}, {"/a/{x}/c", "/a/b/{y}", "across"}, {"/a/b/*", "/a/{x}/c", "across"},
    {"/a/{x}/c", "/a/b/d", "apart"}, {"/{x}/b", "/a/*", "across"}, {"/a/b/*", "/a/b", "apart"},
    {"/a/{x}/c", "/a/{x+}/c", "inside"}, {"/a/{x+}/c", "/a/*", "inside"}, {"/a/{x+}/c", "/a/{y+}/c", "same"},
    {"/a/{x+}/c", "/a/{y+}/d", "apart"}, {"/a/{x+}/c", "/a/{y}/d", "apart"}, {"/a/{x+}/c", "/a/{y}", "apart"},
    {"/a/b/{y}/c", "/a/{x+}/c", "inside"}, {"/a/{x+}/z/d", "/a/{x+}/d", "inside"}, {"/a/{x+}/c", "/a/b/*", "across"},
    {"/a/{x+}/c/d", "/a/{x+}/{y}/d", "inside"}, {"/a/{x+}/c", "/a/{x}/{y}", "across"},
    {"/a/{x+}/c/{y}", "/a/{x+}/d", "across"}, {"/a/{x+}/c", "/a/{x}/*", "across"},
    {"/a/{x+}/c/e", "/a/b/{y+}/e", "across"},
  }
  local MIRROR = {inside = "around", around = "inside"}
  for _, case in ipairs(cases) do
    it(("%s and %s are %s"):format(case[1], case[2], case[3]), function()
      assert.equal(case[3], template.relation(one(case[1]), one(case[2])))
      assert.equal(MIRROR[case[3]] or case[3], template.relation(one(case[2]), one(case[1])))
    end)
  end

  it("come with the one that lies inside of the other first", function()
    for _, case in ipairs(cases) do
      if case[3] == "inside" then
        assert.is_true(template.before(one(case[1]), one(case[2])))
        assert.is_false(template.before(one(case[2]), one(case[1])))
      end
    end
  end)

  it("that hold another are found in a tree for it, and no others", function()
    for _, case in ipairs(cases) do
      local root, a, b = tree.new(), one(case[1]), one(case[2])
      tree.add(root, b, b)
      local found = #tree.covering(root, a.segments, a.rest) == 1
      assert.equal(case[3] == "inside" or case[3] == "same", found, case[1] .. " " .. case[2])
    end
  end)

  it("with something below some words are found there, once", function()
    local function below(text, words)
      local root = tree.new()
      tree.add(root, one(text), text)
      return tree.below(root, one(words).segments)
    end
    assert.same({"/a/{x+}/c"}, below("/a/{x+}/c", "/a"))
    assert.same({"/a/{x+}/c"}, below("/a/{x+}/c", "/a/b"))
    assert.same({"/a/{x+}/c"}, below("/a/{x+}/c", "/a/b/c/d/e"))
    assert.same({}, below("/a/{x+}/c", "/b/a"))
  end)

  it("that lie across each other are found in a tree, and no others", function()
    for _, case in ipairs(cases) do
      local root, found = tree.new(), 0
      for at = 1, 2 do tree.add(root, one(case[at]), {pattern = one(case[at])}) end
      tree.across(root, function() found = found + 1 end)
      assert.equal(case[3] == "across" and 1 or 0, found, case[1] .. " " .. case[2])
    end
  end)
end)

describe("the matcher", function()
  local list = {"/a/b/c", "/a/b/{y}", "/a/{x}/c", "/a/*", "/k"}
  local patterns = {}
  for at, text in ipairs(list) do patterns[at] = one(text) end
  local match = matcher.make(patterns)

  it("returns the first pattern that matches the whole path", function()
    local expected = {["/a/b/c"] = 1, ["/a/b/d"] = 2, ["/a/z/c"] = 3, ["/a/z/d"] = 4, ["/a/"] = 4, ["/k"] = 5}
    for path, at in pairs(expected) do assert.equal(at, match(path), path) end
  end)

  it("gives {name+} as many segments as it needs", function()
    local many = matcher.make {one "/u/{x+}/m", one "/u/{x}/{y}"}
    for _, path in ipairs {"/u/a/m", "/u/a/b/m", "/u/m/m", "/u/a/m/m", "/u/m/b/c/d/e/m"} do
      assert.equal(1, many(path), path)
    end
    assert.equal(2, many "/u/a/b")
    for _, path in ipairs {"/u/m", "/u/a/b/mm", "/u/a/b/m/", "/u//m"} do assert.is_nil(many(path), path) end
  end)

  it("returns nil for any other path", function()
    for _, path in ipairs {"/", "/a", "/k/", "/kk", "/A/b/c", "k", "/k\n"} do assert.is_nil(match(path), path) end
  end)
end)
