local document = require "lib.document"
local hash = require "lib.hash"
local records = require "lib.records"
local refusals = require "files.refusals"

local FILE = "/data/homeserver.yaml"

local function view()
  local rc = document.scalar {text = "3", line = 7}
  local said = document.map {rc_login = rc}
  local by_variables = {name = "SYNAPSE_CONFIG__", document = document.map {email = document.map {}},
    variables = {["email.smtp_port"] = "SYNAPSE_CONFIG__email__smtp_port"}}
  return {
    paths = {homeserver = FILE},
    admin = {plain_files = 1, document = document.map {rc_login = rc, email = document.map {}},
      layers = {{name = FILE, document = said, info = {lines = {}}}, by_variables}},
    homeserver = {origins = {rc_login = "homeserver.yaml", max_upload_size = "SYNAPSE_MAX_UPLOAD_SIZE",
      ["email.smtp_port"] = "SYNAPSE_CONFIG__email__smtp_port", ["turn.x"] = "default"}},
  }
end

local function told(refusal)
  refusal.process, refusal.text = refusal.process or "main", refusal.text or "is wrong"
  local problem = refusals.of(view(), {refusal})[1]
  return problem.where .. ": " .. problem.what
end

describe("what Synapse's own parser refuses", function()
  it("is told where the option is said: a line of a file, a variable, or the file where nothing says it", function()
    assert.equal(FILE .. ":7: rc_login: is wrong", told {option = {"rc_login"}, file = FILE})
    assert.equal("SYNAPSE_MAX_UPLOAD_SIZE: max_upload_size: is wrong",
      told {option = {"max_upload_size"}, file = "/run/main.yaml"})
    assert.equal("SYNAPSE_CONFIG__email__smtp_port: email.smtp_port: is wrong", told {option = {"email", "smtp_port"}})
    assert.equal(FILE .. ": turn: is wrong", told {option = {"turn"}})
    assert.equal(FILE .. ": is wrong", told {})
  end)

  it("is told with line and column where it is no YAML, and with the file where it is a registration", function()
    assert.equal("/x.yaml:3:5: is wrong", told {file = "/x.yaml", yaml = true, line = 3, column = 5})
    assert.equal("/x.yaml: is wrong", told {file = "/x.yaml", yaml = true})
    assert.equal("/as.yaml: is wrong", told {file = "/as.yaml", registration = true})
  end)

  it("names the worker, and is told once", function()
    assert.equal(FILE .. ": is wrong (of media1)", told {process = "media1"})
    local twice = {{process = "main", text = "x"}, {process = "main", text = "x"}}
    assert.equal(1, #refusals.of(view(), twice))
  end)
end)

describe("the record of what was good", function()
  it("says again what was written", function()
    local paths = {{kind = "read", stamp = "file:600:1:2:3:4", path = "/a b"},
      {kind = "looked", stamp = "-", path = "/c"}}
    assert.same({key = "abc", paths = paths}, records.checked(records.checked_text("abc", paths)))
    assert.is_nil(records.checked(nil))
    assert.is_nil(records.checked "x")
  end)

  it("has another key for another text", function()
    local seen = {}
    for length = 0, 40 do
      for _, letter in ipairs {"a", "b", "\0"} do
        local key = hash.long(letter:rep(length))
        assert.truthy(length == 0 or not seen[key])
        assert.equal(13, #key)
        seen[key] = true
      end
    end
    assert.not_equal(hash.long "abcdefgh12345678", hash.long "12345678abcdefgh")
  end)
end)
