-- The names on the way to a file.

local link_chain = require "lib.link_chain"

-- "directory: names" of each directory, sorted.
local function chain(links, ...)
  local lines = {}
  for directory, names in pairs(link_chain.of({...}, function(path) return links[path] end)) do
    local list = {}
    for name in pairs(names) do list[#list + 1] = name end
    table.sort(list)
    lines[#lines + 1] = directory .. ": " .. table.concat(list, " ")
  end
  table.sort(lines)
  return lines
end

describe("the names on the way to a file", function()
  it("are those of its path where there is no link", function()
    assert.same({"/: tls", "/tls: c k"}, chain({}, "/tls/c", "/tls/k"))
    assert.same({"/: c"}, chain({}, "/c"))
  end)

  it("are also those where certbot's links lead", function()
    assert.same({"/: l", "/l/archive/x: c1", "/l/archive: x", "/l/live/x: c", "/l/live: x", "/l: archive live"},
      chain({["/l/live/x/c"] = "../../archive/x/c1"}, "/l/live/x/c"))
  end)

  it("are also those of Kubernetes, whose link ..data is swapped", function()
    assert.same({"/: t", "/t/..1: c", "/t: ..1 ..data c"},
      chain({["/t/c"] = "..data/c", ["/t/..data"] = "..1"}, "/t/c"))
  end)

  it("follow links of directories and absolute ones, and end in a circle", function()
    assert.same({"/: a b", "/b: c"}, chain({["/a"] = "/b"}, "/a/c"))
    assert.same({"/: a b"}, chain({["/a"] = "b", ["/b"] = "a"}, "/a"))
  end)

  it("can be compared", function()
    local function of(path) return link_chain.of({path}, function() end) end
    assert.is_true(link_chain.equal(of "/a/b", of "/a/b"))
    assert.is_false(link_chain.equal(of "/a/b", of "/a/c"))
    assert.is_false(link_chain.equal(of "/a", of "/a/c"))
  end)
end)
