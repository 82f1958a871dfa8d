-- HTTP/2 is written in the form that the installed nginx wants.

local fixture = require "routes_fixture"
local tls = require "files.nginx.tls"

local function configuration(version)
  local view = {input = {nginx = version}, tls = {certificate = {at = "/c"}, key = {at = "/k"}}}
  local listens = {{address = "0.0.0.0:8448", only_ipv6 = false}, {address = "[::]:8448", only_ipv6 = true}}
  return fixture.configuration {directory = "/d", listen = "127.0.0.1:1", instances = fixture.instances("/d", {}),
    tls = tls.values(view, listens)}
end

local function has(text, line) return text:find("\n        " .. line .. "\n", 1, true) ~= nil end

describe("HTTP/2", function()
  it("is a directive of its own for nginx from 1.25.1 on", function()
    for _, version in ipairs {"1.25.1", "1.26.3", "1.100.0", "2.0.0"} do
      local text = configuration(version)
      assert.is_true(has(text, "listen 0.0.0.0:8448 ssl;"), version)
      assert.is_true(has(text, 'listen "[::]:8448" ssl ipv6only=on;'), version)
      assert.is_true(has(text, "http2 on;"), version)
      assert.is_nil(text:find("ssl http2", 1, true), version)
    end
  end)

  it("is a word of listen for older ones, and where nobody can tell", function()
    for _, version in ipairs {"1.22.1", "1.25.0", "1.9.15", "none"} do
      local text = configuration(version ~= "none" and version or nil)
      assert.is_true(has(text, "listen 0.0.0.0:8448 ssl http2;"), version)
      assert.is_true(has(text, 'listen "[::]:8448" ssl http2 ipv6only=on;'), version)
      assert.is_nil(text:find("http2 on", 1, true), version)
    end
  end)
end)
