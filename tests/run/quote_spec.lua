-- Asks the programs that read a format whether they get exactly the value that was quoted.
-- Samples go to tests/run/quote_check.py as lines of "format hex(value) hex(quoted)"; it answers what differed.

local quote = require "files.quote"
local samples = require "samples"

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or ".venv/bin/python"

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function read_all(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local output = pipe:read "a"
  local ok = pipe:close()
  return output, ok
end

-- Writes the quoted samples of a format to a file, and gives the reader's verdict.
local function check(reader, format, values)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  local count = 0
  for _, value in ipairs(values) do
    local text = quote[format](value)
    if text then
      count = count + 1
      assert(file:write(hex(value), " ", hex(text), "\n"))
    end
  end
  file:close()
  local output, ok = read_all(("%s tests/run/quote_check.py %s %s"):format(PYTHON, reader, path))
  os.remove(path)
  assert.is_true(ok, output)
  assert.are.equal(("%d values\n"):format(count), output)
  return count
end

describe("quoted values arrive exactly", function()
  local texts = samples.texts(2024, 1500)

  it("in PyYAML and libyaml, in block and flow context, as values and as keys", function()
    assert.are.equal(#texts, check("yaml", "yaml", texts))
  end)

  it("in /bin/sh", function()
    assert.are.equal(#texts, check("shell", "shell", texts))
  end)

  it("in libpq connection strings", function()
    assert.are.equal(#texts, check("libpq", "libpq", texts))
  end)

  it("in PostgreSQL literals and identifiers", function()
    local names = {}
    for _, value in ipairs(texts) do
      if quote.sql_identifier(value) then names[#names + 1] = value end
    end
    assert.are.equal(#texts, check("sql_literal", "sql_literal", texts))
    assert.are.equal(#names, check("sql_identifier", "sql_identifier", names))
  end)

  it("in JSON, as values and as names", function()
    assert.are.equal(#texts, check("json", "json", texts))
  end)

  it("in XML, between tags and in attributes", function()
    assert.is_true(check("xml", "xml", texts) > 500)
  end)

  it("in nginx", function()
    local long = {("x"):rep(4095), (" "):rep(4093), ("\\"):rep(2046), ('"'):rep(2046)}
    table.move(texts, 1, #texts, #long + 1, long)
    assert.is_true(check("nginx", "nginx", long) > 500)
  end)
end)

describe("the check of quoted values", function()
  it("fails for every reader when the quoting is wrong", function()
    local wrong = {yaml = "yes", shell = "a b", libpq = "'a\\b'", sql_literal = "E'a\\\\\\\\b'", sql_identifier = '"A"',
      nginx = [["a\nb"]], json = [["a\nb"]], xml = "a\\&amp;b"}
    for reader, text in pairs(wrong) do
      local path = os.tmpname()
      local file <close> = assert(io.open(path, "w"))
      assert(file:write(hex "a\\b", " ", hex(text), "\n"))
      file:close()
      local output, ok = read_all(("%s tests/run/quote_check.py %s %s"):format(PYTHON, reader, path))
      os.remove(path)
      assert.is_nil(ok, reader)
      assert.truthy(output:find("differs", 1, true), reader .. ": " .. output)
    end
  end)
end)

describe("what nginx cannot carry", function()
  it("is refused by nginx too where it is a variable or too long", function()
    local function verdict(text)
      local path = os.tmpname()
      local file <close> = assert(io.open(path, "w"))
      assert(file:write(hex(text), " ", hex(text), "\n"))
      file:close()
      local output, ok = read_all(("%s tests/run/quote_check.py nginx %s"):format(PYTHON, path))
      os.remove(path)
      return ok, output
    end
    assert.is_nil((quote.nginx "a$b"))
    local ok, output = verdict '"a$b"'
    assert.is_nil(ok)
    assert.truthy(output:find('unknown "b" variable', 1, true), output)
    assert.is_nil((quote.nginx(("x"):rep(4096))))
    ok, output = verdict(("x"):rep(4096))
    assert.is_nil(ok)
    assert.truthy(output:find("too long parameter", 1, true), output)
  end)
end)
