-- Configuration that a real nginx -t must accept: TLS with a certificate made here, and the address of Matrix
-- Authentication Service.

local lfs = require "lfs"
local support = require "run.support"

local quoted = support.quote

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"

local directory

local function certificate(key_mode)
  local made = ("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    .. "-subj /CN=localhost -keyout key.pem -out cert.pem 2>/dev/null && chmod 644 cert.pem && chmod %s key.pem")
    :format(quoted(directory), key_mode)
  assert(os.execute(made))
end

local function check(more)
  local words = {"env -i PATH=/usr/bin:/bin:/usr/sbin SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no",
    "SYNLUA_CONTAINER=no SYNLUA_SYNAPSE_PYTHON=" .. quoted(PYTHON)}
  for _, name in ipairs {"SYNAPSE_CONFIG_DIR", "SYNAPSE_DATA_DIR"} do
    words[#words + 1] = ("%s=%s/data"):format(name, directory)
  end
  words[#words + 1] = ("SYNLUA_RUNTIME_DIR=%s/run SYNLUA_USER_DIR=%s/user"):format(directory, directory)
  words[#words + 1] = more or ("SYNAPSE_TLS_CERT=%s/cert.pem SYNAPSE_TLS_KEY=%s/key.pem"):format(directory, directory)
  words[#words + 1] = quoted(support.SYNLUA) .. " check 2>&1"
  return support.capture(table.concat(words, " "))
end

describe("TLS", function()
  before_each(function() directory = support.directory() end)
  after_each(function() support.remove(directory) end)

  it("is served with a certificate and a key that nginx accepts", function()
    certificate "644"
    local output = check()
    assert.is_truthy(output:find("the configuration is good", 1, true), output)
  end)

  it("names a key that nginx's user cannot read, and what to do", function()
    certificate "000"
    local output, status = check()
    assert.equal(78, status)
    assert.is_truthy(output:find("key.pem: cannot be read by nginx", 1, true), output)
    assert.is_truthy(output:find("SYNAPSE_TLS_KEY must be a file that nginx's group can read", 1, true), output)
  end)

  -- A pair that is good from and until these seconds from now.
  local function dated(name, from, till)
    assert(os.execute(("cd %s && %s -I %s/certificate.py %s %d %d"):format(quoted(directory), quoted(PYTHON),
      support.FAKES, name, from, till)))
  end

  local function told(chain, key)
    return check(("SYNAPSE_TLS_CERT=%s/%s SYNAPSE_TLS_KEY=%s/%s"):format(directory, chain, directory, key))
  end

  local DAY = 86400

  it("is told of a certificate that has ended, ends within 14 days, or is not good yet, with its file", function()
    for _, case in ipairs {{-10 * DAY, -DAY, "has ended on 20%d%d%-%d%d%-%d%d"},
      {-DAY, 10 * DAY + 60, "ends in 10 days, on 20%d%d%-"}, {-DAY, 3 * 3600 + 60, "ends in 3 hours, on 20"},
      {DAY, 90 * DAY, "is not good before 20%d%d%-"}} do
      dated("a", case[1], case[2])
      local output, status = told("a.pem", "a.key")
      assert.equal(0, status, output)
      assert.matches(directory:gsub("%p", "%%%0") .. "/a.pem: " .. case[3], output)
    end
    dated("a", -DAY, 15 * DAY)
    local output, status = told("a.pem", "a.key")
    assert.equal(0, status)
    assert.is_nil(output:find("a.pem", 1, true), output)
  end)

  it("names the file of a pair that does not fit together", function()
    dated("a", -DAY, 90 * DAY)
    dated("b", -DAY, 90 * DAY)
    local function says(chain, key, text)
      local output, status = told(chain, key)
      assert.equal(78, status, output)
      assert.is_truthy(output:find(text, 1, true), output)
    end
    says("a.pem", "b.key", ("%s/b.key: is not the key of the certificate %s/a.pem"):format(directory, directory))
    says("a.key", "a.key", "/a.key: holds no certificate in PEM")
    says("a.pem", "a.pem", "/a.pem: holds no private key in PEM that can be read")
    assert(os.execute(("cd %s && openssl pkey -in a.key -aes256 -passout pass:x -out c.key && chmod 644 c.key && "
      .. "awk '/BEGIN/{n++} {print >(n \".one\")}' a.pem && cat 2.one 1.one >turned.pem"):format(quoted(directory))))
    says("a.pem", "c.key", "/c.key: is encrypted")
    says("turned.pem", "a.key", "/turned.pem: has its chain in the wrong order")
  end)

  it("names a certificate that is a directory", function()
    certificate "644"
    assert(os.execute(("cd %s && rm cert.pem && mkdir cert.pem"):format(quoted(directory))))
    local output, status = check()
    assert.equal(78, status)
    assert.is_truthy(output:find("cert.pem: is a directory, not a file", 1, true), output)
  end)

  it("names a certificate that is not there", function()
    certificate "644"
    os.remove(directory .. "/cert.pem")
    local output, status = check()
    assert.equal(78, status)
    assert.is_truthy(output:find("cert.pem: does not exist", 1, true), output)
  end)
end)

describe("the address of Matrix Authentication Service", function()
  before_each(function() directory = support.directory() end)
  after_each(function() support.remove(directory) end)

  it("is accepted by nginx with every character that a path may have", function()
    for _, path in ipairs {"/~mas", "/a;b", "/a,b=(c)'!*:@%20&+", "/%7Bx%7D", "/"} do
      local output = check("SYNAPSE_MAS_SECRET=x SYNAPSE_MAS_ENDPOINT=" .. quoted("http://127.0.0.1:8080" .. path))
      assert.is_truthy(output:find("the configuration is good", 1, true), path .. "\n" .. output)
    end
  end)

  it("is refused with the variable's name where nginx would read something else", function()
    for _, path in ipairs {"/a}b", "/a$b", "/a b", "/{x}"} do
      local output, status = check("SYNAPSE_MAS_SECRET=x SYNAPSE_MAS_ENDPOINT=" .. quoted("http://mas:8080" .. path))
      assert.equal(78, status)
      assert.is_truthy(output:find("SYNAPSE_MAS_ENDPOINT: ", 1, true), output)
      assert.is_truthy(output:find("percent-encode", 1, true), output)
    end
  end)
end)
