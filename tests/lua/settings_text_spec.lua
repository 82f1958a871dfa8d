local fixture = require "settings_fixture"
local schema = require "settings.schema"

local read, at, problem = fixture.read, fixture.at, fixture.problem

-- Texts that are dangerous in YAML, nginx, shells, templates, formats or terminals.
local NASTY = {
  "'", '"', "a'b", 'a"b', "%", "100%", "%s%(x)s", ";", "a; error_log /tmp/x;", "{", "}", "{{ x }}", "${x}", "$(id)",
  "`id`", "#", "a #b", ": ", "a: b", "- x", "[", "]", "&a", "*a", "!x", "|", ">", "@", "\\", "\\n", "a\nb", "\n",
  "a\r\nb", "\t", " ", " a ", "grün", "🔑", "\u{202E}x", "\u{85}", "\27[31m", "\127", "yes", "null", "~", "0123",
  "1e3", "0x1F", "=", "<<", "a\xFFb", "\xC3", "\xED\xA0\x80", ("x"):rep(5000),
}

local function texts(kind)
  local names = {}
  for _, entry in ipairs(schema.entries) do
    if entry.kind == kind then names[#names + 1] = entry.name end
  end
  return names
end

-- Without the checks over several values, which have specs of their own.
local function lone(name, text)
  local got, problems = read({[name] = text, POSTGRES_HOST = name ~= "POSTGRES_HOST" and "db" or text})
  return got[name], #at(problems, name) > 0
end

describe("a problem with a value", function()
  it("names the variable, what is wrong, the value, and what to do", function()
    assert.same({where = "SYNAPSE_HTTP_PORT", what = 'must be a port number from 1 to 65535 (value: "http")',
      hint = "write digits only, such as 8008"}, problem("SYNAPSE_HTTP_PORT", "http"))
  end)

  it("shows the value shortened, on one line and harmless", function()
    local function shown(text) return problem("SYNAPSE_HTTP_PORT", text).what:match("%(value: (.*)%)$") end
    assert.equal('"a\\nb\\u{1B}[31m"', shown "a\nb\27[31m")
    assert.equal('"a\\"b\\\\c"', shown 'a"b\\c')
    assert.equal('"grün"', shown "grün")
    assert.equal('"\\u{202E}x\\u{85}"', shown "\u{202E}x\u{85}")
    assert.equal('"a\\xFFb"', shown "a\xFFb")
    assert.equal('"' .. ("ü"):rep(40) .. '…"', shown(("ü"):rep(41)))
    assert.equal('"' .. ("ü"):rep(40) .. '"', shown(("ü"):rep(40)))
    assert.equal('"' .. ("a"):rep(39) .. '\\xFF…"', shown(("a"):rep(39) .. "\xFFbc"))
  end)

  it("does not show the password in a URL", function()
    local what = problem("SYNAPSE_PUBLIC_BASEURL", "https://user:hunter2@example.org/").what
    assert.is_nil(what:find("hunter2", 1, true))
    assert.matches("example%.org", what)
  end)

  it("never shows a secret", function()
    for _, entry in ipairs(schema.entries) do
      if entry.secret then
        local _, problems = read {[entry.name] = "hunter\xFF2"}
        assert.same("is not valid UTF-8", at(problems, entry.name)[1].what)
      end
    end
  end)

  it("never shows what came from a file", function()
    local _, problems = read({SYNAPSE_HTTP_PORT_FILE = "/etc/shadow"},
      {files = {["/etc/shadow"] = {text = "root:hash"}}})
    assert.same({{where = "SYNAPSE_HTTP_PORT_FILE", what = "must be a port number from 1 to 65535",
      hint = "write digits only, such as 8008"}}, problems)
  end)
end)

describe("a text with blanks or quotes around it", function()
  it("is kept, with a warning that shows nothing", function()
    local got, problems, warnings = read {POSTGRES_PASSWORD = " pw ", SYNAPSE_TURN_SECRET = '"pw"',
      SYNAPSE_TURN_URIS = "turn:a"}
    assert.same({}, problems)
    assert.same({" pw ", '"pw"'}, {got.POSTGRES_PASSWORD, got.SYNAPSE_TURN_SECRET})
    assert.same({
      {where = "POSTGRES_PASSWORD", what = "begins or ends with a blank or line break, which is part of the value",
        hint = "remove it if it is not meant"},
      {where = "SYNAPSE_TURN_SECRET", what = "is in quotes, which are part of the value",
        hint = "remove them if they are not meant"},
    }, warnings)
  end)
end)

describe("a nasty text", function()
  for _, name in ipairs(texts "string") do
    it("in " .. name .. " comes out exactly or is a problem", function()
      for _, text in ipairs(NASTY) do
        local got, failed = lone(name, text)
        if not failed then assert.equal(text, got) end
      end
    end)
  end

  it("passes through every secret that may hold any text, unless it is not UTF-8", function()
    for _, text in ipairs(NASTY) do
      local _, failed = lone("POSTGRES_PASSWORD", text)
      assert.equal(utf8.len(text) == nil, failed, text)
    end
  end)

  it("never gets through where one line is asked for and it has several", function()
    for _, entry in ipairs(schema.entries) do
      if entry.single_line then
        for _, text in ipairs {"a\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "a\27b"} do
          local _, failed = lone(entry.name, text)
          assert.is_true(failed, entry.name)
        end
      end
    end
  end)

  for _, kind in ipairs {"path", "url", "server_name", "host", "sender"} do
    for _, name in ipairs(texts(kind)) do
      it(("in %s comes out exactly or is a problem"):format(name), function()
        for _, text in ipairs(NASTY) do
          for _, form in ipairs {text, "/" .. text, "https://" .. text, "https://a/" .. text, "x <" .. text .. "@a>"} do
            local got, failed = lone(name, form)
            if not failed then assert.is_true(got == form or got == form:gsub("/+", "/"):gsub("(.)/$", "%1"), form) end
          end
        end
      end)
    end
  end

  it("is never a boolean, number, word or size unless it plainly is one", function()
    local strict = {boolean = true, integer = true, port = true, word = true, size = true, duration = true}
    local plain = {yes = true, ["0123"] = true}
    for _, entry in ipairs(schema.entries) do
      if strict[entry.kind] then
        for _, text in ipairs(NASTY) do
          local got, failed = lone(entry.name, text)
          local sound = plain[text] or entry.otherwise ~= nil and got == entry.otherwise
          if not sound then assert.is_true(failed, entry.name .. "=" .. text) end
        end
      end
    end
  end)
end)
