local document = require "lib.document"
local fixture = require "plan_fixture"
local json = require "lib.json"

local function answers(options)
  local _, problems, warnings, view = fixture.make(options)
  assert.same({}, problems)
  local made = {}
  for name, answer in pairs(view.well_known) do made[name] = json.encode(answer) end
  return made, warnings
end

local BASE = {SYNAPSE_PUBLIC_BASEURL = "https://matrix.example.org"}

describe("what /.well-known/matrix says", function()
  it("has nothing that was not asked for", function() assert.same({}, (answers {})) end)

  it("to clients is the public address, as Synapse would say it", function()
    assert.same({client = '{"m.homeserver":{"base_url":"https://matrix.example.org/"}}'},
      (answers {environment = BASE}))
    local homeserver = {server_name = "example.org", public_baseurl = "https://a.b/",
      default_identity_server = "https://i",
      extra_well_known_client_content = {["io.element.e2ee"] = {default = true}}}
    assert.same({client = '{"io.element.e2ee":{"default":true},"m.homeserver":{"base_url":"https://a.b/"},'
      .. '"m.identity_server":{"base_url":"https://i"}}'}, (answers {homeserver = homeserver}))
  end)

  it("to servers is port 443 of the name, or the port in the name", function()
    local environment = {SYNAPSE_SERVE_SERVER_WELLKNOWN = "yes"}
    assert.same({server = '{"m.server":"example.org:443"}'}, (answers {environment = environment}))
    for name, said in pairs {["a.org:8000"] = "a.org:8000", ["[::1]"] = "[::1]:443", ["[::1]:9"] = "[::1]:9"} do
      environment.SYNAPSE_SERVER_NAME = name
      assert.same({server = ('{"m.server":"%s"}'):format(said)}, (answers {environment = environment}))
    end
  end)

  it("has what well-known.yaml adds or changes", function()
    local said = document.map {
      client = document.map {
        ["m.homeserver"] = document.map {base_url = "https://other.example.org"},
        ["org.matrix.msc4143.rtc_foci"] = document.seq {document.map {type = "livekit", empty = document.seq {}}},
      },
      server = document.map {["m.server"] = "other.example.org:443"},
      support = document.map {support_page = "https://example.org/help", contacts = document.seq {}},
    }
    local environment = {SYNAPSE_SERVE_SERVER_WELLKNOWN = "yes", SYNAPSE_PUBLIC_BASEURL = "https://matrix.example.org"}
    assert.same({
      client = '{"m.homeserver":{"base_url":"https://other.example.org"},'
        .. '"org.matrix.msc4143.rtc_foci":[{"empty":[],"type":"livekit"}]}',
      server = '{"m.server":"other.example.org:443"}',
      support = '{"contacts":[],"support_page":"https://example.org/help"}',
    }, (answers {environment = environment, well_known = said}))
    assert.equal('{"m.homeserver":{"base_url":"https://example.org/"},"x":1}',
      answers {well_known = document.map {client = document.map {x = 1}}}.client)
  end)

  it("is refused if the file has another form", function()
    local cases = {
      {document.seq {"a"}, "must be a mapping with client, server and support"},
      {document.map {client = "a"}, "client must be a mapping"},
      {document.map {["m.homeserver"] = document.map {}}, "has m.homeserver, which is none of client, server"},
      {document.map {server = document.map {}}, "server has no m.server"},
      {document.map {support = document.map {x = document.scalar {text = ".inf"}}},
        "support holds a number that JSON does not have"},
    }
    for _, case in ipairs(cases) do
      assert.matches("/data/well-known.yaml: " .. case[2], fixture.problems {well_known = case[1]}, 1, true)
    end
  end)
end)

describe("JSON", function()
  it("keeps what YAML means and escapes what JSON forbids", function()
    local function kept(text, style) return document.scalar {text = text, style = style} end
    assert.equal('[true,"yes",8,1.5,null,"a\\"\\\\\\n\\u0001é",{}]', json.encode(document.seq {
      kept "yes", kept("yes", "double"), kept "010", kept "1.5", kept "~", 'a"\\\n\1é', document.map {}}))
    assert.is_nil(json.encode "\255")
    assert.is_nil(json.encode(kept ".inf"))
  end)
end)
