-- ${NAME} that a template engine has left in a value.

local document = require "lib.document"
local fixture = require "plan_fixture"

local function given(options)
  local all = {server_name = "example.org", report_stats = false}
  for key, value in pairs(options) do all[key] = value end
  local _, problems, warnings = fixture.run(fixture.input {homeserver = all})
  return problems, warnings
end

local function text_of(list)
  local lines = {}
  for at, item in ipairs(list) do lines[at] = item.where .. ": " .. item.what end
  return table.concat(lines, "\n")
end

describe("what a template engine has left", function()
  it("is a warning in a value", function()
    local problems, warnings = given {public_baseurl = "https://${HOST}/",
      email = document.map {notif_from = document.scalar {text = "${FROM:-nobody}"}}}
    assert.same({}, problems)
    local said = text_of(warnings)
    assert.truthy(said:find("public_baseurl has ${HOST} in it, which nothing fills in", 1, true), said)
    assert.truthy(said:find("email.notif_from has ${FROM:-nobody} in it, which nothing fills in", 1, true), said)
  end)

  it("is a problem where it is all of a secret, wherever that stands", function()
    for path, options in pairs {
      registration_shared_secret = {registration_shared_secret = "${SECRET}"},
      ["email.smtp_pass"] = {email = document.map {smtp_pass = "${PASS}"}},
      ["oidc_providers.1.client_secret"] = {oidc_providers = document.seq {document.map {client_secret = "${X:?y}"}}},
    } do
      local problems = given(options)
      assert.truthy(text_of(problems):find(path .. " is ${", 1, true), path .. ": " .. text_of(problems))
    end
  end)

  it("is only a warning without the value where it is a part of a secret", function()
    local problems, warnings = given {form_secret = "k2${w}8"}
    assert.same({}, problems)
    local said = text_of(warnings)
    assert.truthy(said:find("form_secret has something like ${NAME} in it", 1, true), said)
    assert.falsy(said:find("${w}", 1, true))
  end)

  it("is told of registrations as well", function()
    local input = fixture.input {homeserver = {server_name = "example.org", report_stats = false}}
    input.appservices = {{path = "/data/bridge.yaml", found = true, document = document.map {
      id = "bridge",
      url = "${URL}", as_token = "${TOKEN}", hs_token = "b", sender_localpart = "bridge",
      namespaces = document.map {}}}}
    local _, problems, warnings = fixture.run(input)
    assert.truthy(text_of(problems):find("/data/bridge.yaml: as_token is ${TOKEN}", 1, true), text_of(problems))
    assert.truthy(text_of(warnings):find("/data/bridge.yaml: url has ${URL} in it", 1, true), text_of(warnings))
  end)

  it("is nothing but what looks like a name in braces behind a dollar sign", function()
    local _, warnings = given {url_preview_url_blacklist = document.seq {"^https?://$", "${", "$HOME", "${}", "${1}",
      "{{ user.name }}", "%(app)s"}}
    assert.falsy(text_of(warnings):find "fills in")
  end)

  it("is a warning in a variable, which may hold any text", function()
    local settings = require "settings"
    local _, problems, warnings = settings.read(fixture.input {environment = {
      SYNAPSE_REGISTRATION_SHARED_SECRET = "${A}", SYNAPSE_EMAIL_APP_NAME = "${B} mail"}})
    assert.same({}, problems)
    assert.truthy(text_of(warnings):find("SYNAPSE_REGISTRATION_SHARED_SECRET: is ${A}", 1, true), text_of(warnings))
    assert.truthy(text_of(warnings):find("SYNAPSE_EMAIL_APP_NAME: has ${B} in it", 1, true), text_of(warnings))
  end)
end)
