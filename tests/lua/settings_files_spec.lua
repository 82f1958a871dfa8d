local file_variables = require "input.file_variables"
local fixture = require "settings_fixture"
local schema = require "settings.schema"

local read = fixture.read

describe("NAME_FILE", function()
  local function from_file(text, name)
    local got, problems, warnings = read({[(name or "POSTGRES_PASSWORD") .. "_FILE"] = "/s"},
      {files = {["/s"] = {text = text}}})
    return got[name or "POSTGRES_PASSWORD"], problems, warnings
  end

  it("gives the content of the file without one line end", function()
    assert.equal("pw", (from_file "pw"))
    assert.equal("pw", (from_file "pw\n"))
    assert.equal("pw", (from_file "pw\r\n"))
    assert.equal("pw\n", (from_file "pw\n\n"))
    assert.equal("a\nb", (from_file "a\nb\n"))
    assert.equal("pw\r", (from_file "pw\r"))
    assert.equal("\npw", (from_file "\npw"))
    assert.equal(9000, (from_file("9000\n", "SYNAPSE_HTTP_PORT")))
  end)

  it("exists for every variable and alias", function()
    local environment, wanted = {}, {}
    for name in pairs(schema.owner) do
      environment[name .. "_FILE"], wanted[name .. "_FILE"] = "/s/" .. name, "/s/" .. name
    end
    assert.same(wanted, file_variables.of(environment, schema.owner))
  end)

  it("asks for no file where it is empty, relative or of no known name", function()
    assert.same({}, file_variables.of({POSTGRES_PASSWORD_FILE = "", POSTGRES_DB_FILE = "db", SOME_FILE = "/x",
      SYNAPSE_METRIC_FILE = "/x", POSTGRES_PASSWORD = "/x"}, schema.owner))
  end)

  it("beside NAME is a problem", function()
    local _, problems = read({POSTGRES_PASSWORD = "a", POSTGRES_PASSWORD_FILE = "/s"},
      {files = {["/s"] = {text = "a"}}})
    assert.same({{where = "POSTGRES_PASSWORD", what = "is set together with POSTGRES_PASSWORD_FILE",
      hint = "unset one of the two"}},
      problems)
  end)

  it("beside a required NAME is that one problem and no second", function()
    local _, problems = read({SYNAPSE_SERVER_NAME_FILE = "/s"}, {files = {["/s"] = {text = "b"}}})
    assert.equal(1, #problems)
  end)

  it("beside an empty NAME is taken", function()
    local got = read({POSTGRES_PASSWORD = "", POSTGRES_PASSWORD_FILE = "/s"}, {files = {["/s"] = {text = "a"}}})
    assert.equal("a", got.POSTGRES_PASSWORD)
  end)

  it("that cannot be read is a problem with the reason", function()
    local _, problems = read({POSTGRES_PASSWORD_FILE = "/s"},
      {files = {["/s"] = {error = "/s: Permission denied (as uid 991)"}}})
    assert.same({{where = "POSTGRES_PASSWORD_FILE",
      what = "names a file that cannot be read: /s: Permission denied (as uid 991)",
      hint = "make it readable for that user, or unset POSTGRES_PASSWORD_FILE"}}, problems)
  end)

  it("must be an absolute path", function()
    local _, problems = read {POSTGRES_PASSWORD_FILE = "secret"}
    assert.same({{where = "POSTGRES_PASSWORD_FILE", what = 'must be the absolute path of a file (value: "secret")',
      hint = "begin it with /"}}, problems)
  end)

  it("of an empty file is unset, with a warning", function()
    for _, text in ipairs {"", "\n", "\r\n"} do
      local got, problems, warnings = from_file(text)
      assert.is_nil(got)
      assert.same({}, problems)
      assert.equal("POSTGRES_PASSWORD_FILE", warnings[1].where)
      assert.matches("names an empty file", warnings[1].what)
    end
  end)

  it("of a binary file is a problem", function()
    local _, problems = from_file "a\0b"
    assert.same({{where = "POSTGRES_PASSWORD_FILE", what = "contains a NUL byte",
      hint = "give it as text; a binary file cannot be used"}},
      problems)
  end)
end)
