local yaml11 = require "lib.yaml.yaml11"

local PREFIX = "tag:yaml.org,2002:"

local function scalar(text, style, tag)
  return setmetatable({text = text, style = style or "plain", tag = tag and PREFIX .. tag}, {__name = "yaml.scalar"})
end

local function reads(kind, cases)
  for text, wanted in pairs(cases) do
    local value, got = yaml11.value(scalar(text))
    assert.equal(kind, got, text)
    assert.equal(wanted, value, text)
    assert.equal(math.type(wanted), math.type(value), text)
  end
end

local function all(kind, texts)
  for _, text in ipairs(texts) do assert.equal(kind, yaml11.resolve(text), text) end
end

describe("a plain scalar", function()
  it("is null in five spellings", function()
    for _, text in ipairs {"", "~", "null", "Null", "NULL"} do
      local value, kind = yaml11.value(scalar(text))
      assert.is_nil(value)
      assert.equal("null", kind)
    end
    all("str", {"nULL", "none", "~~"})
  end)

  it("is a boolean by its word", function()
    reads("bool", {yes = true, Yes = true, ON = true, ["true"] = true, no = false, Off = false, FALSE = false})
    all("str", {"y", "n", "Y", "N", "yEs", "tRUE"})
  end)

  it("is an integer in five bases", function()
    reads("int", {
      ["0"] = 0, ["-0"] = 0, ["+12"] = 12, ["1_000"] = 1000, ["0660"] = 432, ["-010"] = -8, ["0_7"] = 7, ["0b101"] = 5,
      ["-0b1_0"] = -2, ["0xFf"] = 255, ["1:30"] = 90, ["-1:30"] = -90, ["190:20:30"] = 685230, ["0_"] = 0,
      ["9223372036854775807"] = math.maxinteger,
    })
    all("str", {"08", "0o660", "0b2", "0xg", "_1", "1:60", "01:30", "1:", "+", "5m", "1-2"})
  end)

  it("is a float where 64 bits do not hold the integer", function()
    reads("int", {["9223372036854775808"] = 2.0 ^ 63, ["-18446744073709551616"] = -2.0 ^ 64})
  end)

  it("is a float by its point", function()
    reads("float", {
      ["1."] = 1.0, ["-1.5"] = -1.5, ["+0.5"] = 0.5, [".5"] = 0.5, ["1_0.5"] = 10.5, ["1.5e+3"] = 1500.0,
      ["1.E-3"] = 0.001, ["1:30.5"] = 90.5, ["-1:0."] = -60.0, [".inf"] = 1 / 0, ["-.INF"] = -1 / 0,
      ["1.0e+999"] = 1 / 0,
    })
    local value, kind = yaml11.value(scalar ".nan")
    assert.equal("float", kind)
    assert.not_equal(value, value)
    all("str", {"1e5", "1e+5", "1.5e3", "+.5", ".", "._5", "1.2.3", "-.nan", "inf", "1:60.5"})
  end)

  it("is a timestamp by its full date, as text", function()
    for _, text in ipairs {"2001-01-01", "2001-1-1 1:02:03", "2001-12-14T21:59:43.1Z", "2001-12-14 21:59:43.10 -5"} do
      local value, kind = yaml11.value(scalar(text))
      assert.equal("timestamp", kind, text)
      assert.equal(text, value)
    end
    all("str", {"2001-1-1", "2001-01-01 21:59", "2001-01-01T 21:59:43", "20010101T00"})
  end)

  it("is text if no rule matches", function()
    reads("str", {["/data/x.yaml"] = "/data/x.yaml", ["@a:b"] = "@a:b", ["1.2.3.4"] = "1.2.3.4"})
  end)

  it("has no value where PyYAML would raise", function()
    for _, text in ipairs {"<<", "=", "0b_", "0x_"} do
      local value, kind = yaml11.value(scalar(text))
      assert.is_nil(value)
      assert.equal("invalid", kind, text)
    end
  end)
end)

describe("the kind of a plain scalar", function()
  it("is null for five spellings only", function()
    all("null", {"", "~", "null", "Null", "NULL"})
    all("str", {"nULL", "none", "~~", "nul", "nullx"})
  end)

  it("is a boolean for words in three cases", function()
    all("bool", {"yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On",
      "ON", "off", "Off", "OFF"})
    all("str", {"y", "n", "Y", "N", "t", "yEs", "tRUE", "oN", "yess", "ye"})
  end)

  it("is an integer in five bases", function()
    all("int", {"0", "-0", "+1", "12", "1_000", "1_", "0660", "0_", "0b101", "-0b_1", "0xFf", "+0x_", "1:30", "-1:0",
      "190:20:30", "1_0:59", "123456789012345678901234567890"})
    all("str", {"08", "0o660", "0b", "0b2", "0x", "0xg", "_1", "+", "-", "--1", "1:60", "1:", "1:300", "01:30", "1:2:",
      "1 ", " 1", "0X1", "5m", "1-2"})
  end)

  it("is a float where there is a point", function()
    all("float", {"1.", "1.5", "-1.5", "+0.0", "1_0._5", "1.5e+3", "1.E-3", ".5", ".5_e+1", "1:30.5", "0:5.", ".inf",
      "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"})
    all("str", {"1e5", "1e+5", "1.5e3", "1.5e+", "+.5", "-.5", ".", "._5", "1.2.3", "-.nan", ".iNf", "inf", "1:60.5",
      "1:30.5e+1", ".5:30", ".e+1"})
  end)

  it("is a timestamp where there is a full date", function()
    all("timestamp", {"2001-01-01", "2001-1-1 1:02:03", "2001-12-14T21:59:43", "2001-12-14t1:59:43.",
      "2001-12-14 21:59:43.10 -5", "2001-12-14\t \t21:59:43 Z", "2001-12-14 21:59:43+05:30", "9999-99-99"})
    all("str", {"2001-1-1", "2001-01-1", "2001-01-01T", "2001-01-01 ", "2001-01-01T1:2:03", "2001-01-01 21:59",
      "2001-01-01T 21:59:43", "2001-12-14 21:59:43 z", "2001-12-14 21:59:43 -05:3", "2001-12-14 21:59:43 -055",
      "2001-12-14 21:59:43 ", "201-01-01", "20011-01-01"})
  end)

  it("is a mark of its own for << and =", function()
    all("merge", {"<<"})
    all("value", {"="})
    all("str", {"<", "<<<", "=="})
  end)

  it("counts NUL characters as text", function()
    all("str", {"1\0", "0\0", "~\0", "1.\0", "true\0"})
  end)
end)

describe("a quoted scalar", function()
  it("is text whatever it looks like", function()
    for _, style in ipairs {"single", "double", "literal", "folded"} do
      for _, text in ipairs {"1", "yes", "", "~", "2001-01-01"} do
        local value, kind = yaml11.value(scalar(text, style))
        assert.equal("str", kind)
        assert.equal(text, value)
      end
    end
  end)
end)

describe("an explicit tag", function()
  local function tagged(tag, text, kind, wanted)
    for _, style in ipairs {"plain", "double"} do
      local value, got = yaml11.value(scalar(text, style, tag))
      assert.equal(kind, got, tag .. " " .. text)
      assert.equal(wanted, value, tag .. " " .. text)
    end
  end

  it("decides instead of the text", function()
    tagged("str", "1", "str", "1")
    tagged("int", "1", "int", 1)
    tagged("int", "0o660", "int", 432)
    tagged("float", "3", "float", 3.0)
    tagged("float", "1e3", "float", 1000.0)
    tagged("float", "inf", "float", 1 / 0)
    tagged("bool", "YeS", "bool", true)
    tagged("null", "anything", "null", nil)
    tagged("timestamp", "2001-1-1", "timestamp", "2001-1-1")
  end)

  it("decodes base64", function()
    tagged("binary", "aGVsbG8=", "binary", "hello")
    tagged("binary", "aGVs\n bG8h", "binary", "hello!")
    tagged("binary", "", "binary", "")
    tagged("binary", "aGVsbA==", "binary", "hell")
    tagged("binary", "AP+/", "binary", "\0\xff\xbf")
    tagged("binary", "aGVsbG8", "invalid", nil)
    tagged("binary", "é", "invalid", nil)
  end)

  it("leaves nothing where the text does not fit", function()
    tagged("int", "x", "invalid", nil)
    tagged("int", "", "invalid", nil)
    tagged("int", "1:x", "invalid", nil)
    tagged("int", "09", "invalid", nil)
    tagged("float", "x", "invalid", nil)
    tagged("float", "1.2.3", "invalid", nil)
    tagged("bool", "y", "invalid", nil)
    tagged("timestamp", "x", "invalid", nil)
    tagged("map", "x", "invalid", nil)
    local value, kind = yaml11.value(setmetatable({text = "x", tag = "!foo"}, {__name = "yaml.scalar"}))
    assert.is_nil(value)
    assert.equal("invalid", kind)
  end)
end)

describe("a value that is no kept scalar", function()
  it("is returned unchanged, with its kind", function()
    local map, seq, plain = setmetatable({}, {__name = "yaml.map"}), setmetatable({}, {__name = "yaml.seq"}), {1}
    local cases = {{"yes", "str"}, {true, "bool"}, {false, "bool"}, {1, "int"}, {1.5, "float"}, {map, "map"},
      {seq, "seq"}, {plain, "seq"}, {{}, "map"}, {print, "invalid"}}
    for _, case in ipairs(cases) do
      local value, kind = yaml11.value(case[1])
      assert.equal(case[1], value)
      assert.equal(case[2], kind)
    end
    assert.same({nil, "null"}, {yaml11.value(nil)})
  end)
end)
