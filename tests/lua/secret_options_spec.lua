local rivals = require "input.exclusive"
local document = require "lib.document"
local schema = require "settings.schema"
local secret_options = require "lib.secret_options"

describe("an option that holds a secret", function()
  it("is called so that no place shows it", function()
    for _, secret in ipairs(secret_options.LIST) do
      assert.is_true(secret_options.is_name(secret.option:match "[^.]+$"), secret.option)
    end
    for _, name in ipairs {"dsn", "key", "access_key_id", "secret_access_key", "apikey", "bindPassword", "hmac_key",
      "keys", "passwords", "key_data", "some_tokens", "unknown_dsn", "api-key"} do
      assert.is_true(secret_options.is_name(name), name)
    end
    for _, name in ipairs {"signing_key_path", "turn_shared_secret_path", "session_lifetime", 1, true,
      "recaptcha_public_key", "trusted_key_servers", "key_refresh_interval", "token_endpoint", "password_config",
      "refresh_token_lifetime", "password_providers", "keyboard"} do
      assert.is_false(secret_options.is_name(name), tostring(name))
    end
  end)

  it("has a variable that is secret, and that is one of the schema", function()
    for _, secret in ipairs(secret_options.LIST) do
      local entry = schema.owner[secret.variable or ""]
      assert.equal(secret.variable ~= nil, entry ~= nil and entry.secret == true, secret.option)
      assert.is_true(entry == nil or entry.option == nil or entry.option == secret.option)
    end
  end)

  it("includes the option of every secret variable", function()
    for _, entry in ipairs(schema.entries) do
      local is_secret = entry.option ~= nil and entry.kind ~= "boolean"
        and secret_options.is_name(entry.option:match "[^.]+$")
      assert.is_true(not is_secret or secret_options.is_variable(entry.name), entry.name)
    end
  end)

  it("silences its path below, and the path it", function()
    for _, secret in ipairs(secret_options.LIST) do
      if secret.path then
        local path = secret.option .. "_path"
        assert.is_nil(rivals.without(document.map {[path] = "x"}, document.map {[secret.option] = "y"})[path])
        assert.is_nil(rivals.without(document.map {[secret.option] = "x"}, document.map {[path] = "y"})[secret.option])
      end
    end
  end)
end)
