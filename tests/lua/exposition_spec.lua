local exposition = require "metrics.exposition"

local function gauge(value, labels)
  return {name = "g", type = "gauge", help = "h", samples = {{value = value, labels = labels}}}
end

-- The line of the only sample.
local function line(value, labels) return exposition.text({gauge(value, labels)}):match "\n([^#].*)\n$" end

describe("the text of metrics", function()
  it("has HELP and TYPE before the samples of a family, families and samples sorted", function()
    assert.equal([[
# HELP a_total First.
# TYPE a_total counter
a_total{x="1",y="2"} 5
a_total{x="2"} 6
# HELP b Second.
# TYPE b gauge
b 0.5
]], exposition.text {
      {name = "b", type = "gauge", help = "Second.", samples = {{value = 0.5}}},
      {name = "a_total", type = "counter", help = "First.",
        samples = {{labels = {x = "2"}, value = 6}, {labels = {y = "2", x = "1"}, value = 5}}},
    })
  end)

  it("leaves a family without samples out", function()
    assert.equal("", exposition.text {{name = "a", type = "gauge", help = "h", samples = {}}})
    assert.equal("", exposition.text {})
  end)

  it("escapes characters that a label may not hold", function()
    assert.equal([[g{a="\\"} 1]], line(1, {a = "\\"}))
    assert.equal([[g{a="\""} 1]], line(1, {a = '"'}))
    assert.equal([[g{a="\n"} 1]], line(1, {a = "\n"}))
    assert.equal([[g{a="\\n\"} evil 1\n# x"} 1]], line(1, {a = '\\n"} evil 1\n# x'}))
    assert.equal('g{a="größe"} 1', line(1, {a = "größe"}))
    assert.equal('g{a="?x?"} 1', line(1, {a = "\xffx\xc3"}))
  end)

  it("escapes help, where a quote is plain", function()
    local family = gauge(1)
    family.help = 'a "b" \\ c\nd'
    assert.equal('# HELP g a "b" \\\\ c\\nd\n# TYPE g gauge\ng 1\n', exposition.text {family})
  end)

  it("writes every number so that it reads as the same", function()
    assert.equal("g 0", line(0))
    assert.equal("g 9007199254740993", line(9007199254740993))
    assert.equal("g 0.1", line(0.1))
    assert.equal("g 1.5", line(1.5))
    assert.equal("g 3", line(3.0))
    assert.equal(1 / 3, tonumber(line(1 / 3):match "%S+$"))
    assert.equal("g NaN", line(0 / 0))
    assert.equal("g +Inf", line(math.huge))
    assert.equal("g -Inf", line(-math.huge))
  end)

  it("refuses invalid names and duplicate names", function()
    for _, name in ipairs {"", "1a", "a-b", "a b", "ä"} do
      local family = gauge(1)
      family.name = name
      assert.has_error(function() exposition.text {family} end)
      assert.has_error(function() line(1, {[name] = "x"}) end)
    end
    assert.has_error(function() exposition.text {gauge(1), gauge(2)} end)
  end)

  it("takes labels whose text is kept, and gives the same page", function()
    local one, two = exposition.keeper "a", exposition.keeper("a", "b")
    for _ = 1, 2 do
      assert.equal(line(1, {a = 'x"'}), line(1, one 'x"'))
      assert.equal(line(1, {b = "2", a = "1"}), line(1, two("1", "2")))
      assert.equal(line(1, {b = "", a = "1"}), line(1, two("1", "")))
    end
    assert.has_error(function() exposition.keeper "a-b" "x" end)
  end)
end)
