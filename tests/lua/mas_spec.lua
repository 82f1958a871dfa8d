local document = require "lib.document"
local elsewhere = require "plan.routes.not_synapse"
local fixture = require "plan_fixture"
local leave = require "plan.homeserver.leave"
local mas = require "plan.identity.mas"
local secrets = require "plan.identity.secrets"
local synapse = require "services.synapse"

local MAS = {SYNAPSE_MAS_ENDPOINT = "http://mas:8080", SYNAPSE_MAS_SECRET = "hush"}

local function place(endpoint)
  local _, problems, _, view = fixture.make {homeserver = {server_name = "example.org",
    matrix_authentication_service = {enabled = true, endpoint = endpoint, secret = "x"}}}
  return mas.place(view), problems
end

describe("Matrix Authentication Service", function()
  it("is handed to Synapse with its secret", function()
    local _, problems, _, view = fixture.make {environment = MAS}
    assert.same({}, problems)
    assert.same({enabled = true, endpoint = "http://mas:8080", secret_path = "/run/synlua/synapse/mas.secret"},
      view.homeserver.options.matrix_authentication_service)
    assert.is_nil((fixture.make {}).mas)
  end)

  it("has its secret in a file of Synapse's alone, which the other files only name", function()
    local _, _, _, view = fixture.make {environment = MAS}
    local shown = {}
    local make = {yaml = function(value)
      shown[#shown + 1] = require("cli.shell.show").value(value)
      return ""
    end, text = function() return "" end}
    local secret
    for _, item in ipairs(synapse.files(view, make)) do
      if item.bytes == "hush\n" then secret = item end
    end
    assert.same({base = "/run/synlua", path = "synapse/mas.secret", mode = 384, uid = 991, gid = 991, secret = true,
      bytes = "hush\n"}, secret)
    assert.is_nil(table.concat(shown, "\n"):find("hush", 1, true))
    local list = {}
    for _, item in ipairs(secrets.list(view)) do list[item.name] = item end
    assert.same({name = "matrix_authentication_service.secret", path = "/run/synlua/synapse/mas.secret",
      source = "SYNAPSE_MAS_SECRET"}, list["matrix_authentication_service.secret"])
  end)

  it("uses a secret of a higher layer, and then writes that of the variable nowhere", function()
    local input = fixture.input {environment = MAS}
    input.above = {{name = "/data/homeserver.d/a.yaml", document = document.map {
      matrix_authentication_service = document.map {secret = "theirs"}}}}
    local _, problems, _, view = fixture.run(input)
    assert.same({}, problems)
    assert.same({enabled = true, endpoint = "http://mas:8080", secret = "theirs"},
      view.homeserver.options.matrix_authentication_service)
    assert.is_nil(mas.secret_file(view))
  end)

  it("is complete in the file of synlua leave, because the runtime directory goes away", function()
    local made = leave.document(select(4, fixture.make {environment = MAS}))
    assert.same({enabled = true, endpoint = "http://mas:8080", secret = "hush"},
      document.plain(made).matrix_authentication_service)
  end)

  it("has no secret with blanks at its ends, which would not arrive", function()
    local read = require "settings_fixture".read
    for _, secret in ipairs {" hush", "hush ", "hush\u{A0}", "\u{3000}hush"} do
      local _, problems = read {SYNAPSE_MAS_ENDPOINT = "http://mas:8080", SYNAPSE_MAS_SECRET = secret}
      assert.equal("SYNAPSE_MAS_SECRET", (problems[1] or {}).where, secret)
      assert.is_nil(problems[1].what:find("hush", 1, true))
    end
    local _, problems = read {SYNAPSE_MAS_ENDPOINT = "http://mas:8080", SYNAPSE_MAS_SECRET = "hö h ö"}
    assert.same({}, problems)
  end)

  it("is found at its address, whatever that looks like", function()
    local function at(server, host, tls, url) return {server = server, host = host, tls = tls, url = url} end
    assert.same(at("mas:8080", "mas", false, "http://mas"), (place "http://mas:8080/"))
    assert.same(at("auth.example.org:443", "auth.example.org", true, "https://mas/mas"),
      (place "https://auth.example.org/mas/"))
    assert.same(at("[::1]:80", "[::1]", false, "http://mas"), (place "http://[::1]"))
    assert.same(at("[::1]:81", "[::1]", false, "http://mas"), (place "http://[::1]:81"))
    assert.same(at("localhost:8080", "localhost", false, "http://mas"), (place(nil)))
    local none, problems = place "mas:8080"
    assert.is_nil(none)
    assert.equal("matrix_authentication_service.endpoint is not an absolute http or https URL", problems[1].what)
  end)

  it("has a path of any characters that a URL may have", function()
    for _, path in ipairs {"/~mas", "/a;b", "/a,b=(c)'!*:@%20&+"} do
      local found, problems = place("http://mas:8080" .. path)
      assert.same({}, problems)
      assert.equal("http://mas" .. path, found.url)
    end
  end)

  it("refuses a path or host that nginx would read otherwise, and names the variable and not the value", function()
    local read = require "settings_fixture".read
    for _, path in ipairs {"/a}b", "/a$b", "/a{b", "/a\\b", '/a"b', "/a|b", "/a%zz"} do
      local _, problems = read {SYNAPSE_MAS_ENDPOINT = "http://mas:8080" .. path, SYNAPSE_MAS_SECRET = "x"}
      assert.equal("SYNAPSE_MAS_ENDPOINT", (problems[1] or {}).where, path)
      assert.matches("percent-encode", problems[1].hint, 1, true)
    end
    for _, endpoint in ipairs {"http://mas/a}b", "http://mas/a b", "http://mas/\u{e4}", "http://m;s/", "http://m}s/",
      "http://m s/", "http://mas:0/", "http://mas:99999/", "http://[::x]/"} do
      local none, problems = place(endpoint)
      assert.is_nil(none, endpoint)
      assert.equal("/data/homeserver.yaml", (problems[1] or {}).where, endpoint)
      assert.matches("matrix_authentication_service.endpoint", problems[1].what, 1, true)
    end
  end)

  it("is refused together with options for its own work, each with its source", function()
    local cases = {
      password_config = {enabled = true}, enable_registration = true, user_consent = {version = "1"},
      oidc_providers = {{idp_id = "x"}}, saml2_config = {sp_config = {}}, cas_config = {enabled = true},
      jwt_config = {enabled = true}, password_providers = {{module = "x"}}, enable_registration_captcha = true,
      login_via_existing_session = {enabled = true}, refresh_token_lifetime = "1d",
      nonrefreshable_access_token_lifetime = "1d", session_lifetime = "1d", enable_3pid_changes = true,
    }
    for option, value in pairs(cases) do
      local text = fixture.problems {environment = MAS, homeserver = {server_name = "example.org", [option] = value}}
      assert.matches(("/data/homeserver.yaml: %s cannot be used with Matrix"):format(option), text, 1, true)
    end
    local environment = {SYNAPSE_ENABLE_REGISTRATION = "yes", SYNAPSE_REGISTRATION_REQUIRES_TOKEN = "yes"}
    for name, value in pairs(MAS) do environment[name] = value end
    assert.matches("SYNAPSE_ENABLE_REGISTRATION: enable_registration cannot", fixture.problems {
      environment = environment}, 1, true)
  end)

  it("has nothing against these where they are off, or where it is off itself", function()
    local off = {server_name = "example.org", password_config = {enabled = false}, enable_registration = false,
      oidc_providers = {}, jwt_config = {enabled = false}, saml2_config = {enabled = false, sp_config = {}}}
    assert.equal("", fixture.problems {environment = MAS, homeserver = off})
    assert.equal("", fixture.problems {homeserver = {server_name = "example.org", enable_registration = true,
      matrix_authentication_service = {enabled = false}}})
  end)

  it("needs a Synapse that knows it", function()
    local text = fixture.problems {environment = MAS, synapse = {version = "1.130.0", schema = 92, compat = 84}}
    assert.matches("use Synapse 1.136.0 or later", text, 1, true)
  end)

  it("is that of homeserver.yaml if both name one", function()
    local _, problems, warnings, view = fixture.make {environment = MAS, homeserver = {server_name = "example.org",
      matrix_authentication_service = {enabled = true, endpoint = "http://theirs", secret_path = "/x"}}}
    assert.same({}, problems)
    assert.equal("http://theirs", view.homeserver.options.matrix_authentication_service.endpoint)
    assert.is_nil(view.homeserver.options.matrix_authentication_service.secret)
    assert.equal("SYNAPSE_MAS_ENDPOINT", warnings[1].where)
  end)

  it("gets logins of every version, as synlua route says", function()
    local environment = {SYNAPSE_PUBLIC_BASEURL = "https://m.example.org"}
    local alone = elsewhere.of(select(4, fixture.make {environment = environment}))
    assert.equal("nginx", alone.answered "/.well-known/matrix/client".pool)
    local other = elsewhere.of(select(4, fixture.make {environment = MAS}))
    for _, path in ipairs {"r0/login", "v3/logout/all", "api/v1/refresh", "unstable/login/", "v3/login/sso/redirect/x"}
    do
      assert.equal("mas", (other.answered("/_matrix/client/" .. path) or {}).pool, path)
    end
    for _, path in ipairs {"v3/loginx", "v3/profile/login", "v2/login", "versions", "login"} do
      assert.is_nil(other.answered("/_matrix/client/" .. path), path)
    end
    assert.is_nil(elsewhere.of(select(4, fixture.make {})).answered "/_matrix/client/v3/login")
    assert.is_nil(other.answered "/.well-known/matrix/client")
  end)

  it("leaves the answer to clients to Synapse, unless well-known.yaml says who issues tokens", function()
    local environment = {SYNAPSE_PUBLIC_BASEURL = "https://m.example.org"}
    for name, value in pairs(MAS) do environment[name] = value end
    local _, _, warnings, view = fixture.make {environment = environment}
    assert.is_nil(view.well_known.client)
    assert.same({}, warnings)
    _, _, warnings, view = fixture.make {environment = environment, well_known = {client = {x = 1}}}
    assert.is_nil(view.well_known.client)
    assert.matches("clients must read who issues tokens", warnings[1].what, 1, true)
    local issuer = {["org.matrix.msc2965.authentication"] = {issuer = "https://auth.example.org/"}}
    _, _, _, view = fixture.make {environment = environment, well_known = {client = issuer}}
    assert.is_truthy(view.well_known.client)
  end)
end)
