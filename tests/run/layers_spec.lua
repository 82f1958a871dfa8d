-- The layers of an admin: files, directories and variables, and the commands that explain them.

local support = require "run.support"

local capture, quote, read, write = support.capture, support.quote, support.read, support.write

describe("layers of a start", function()
  local base

  before_each(function()
    base = support.directory()
    write(base .. "/data/homeserver.yaml", [[
server_name: example.org
report_stats: no
caches: {global_factor: 1, per_cache_factors: {a: 1}}
form_secret: hush-file
max_uplaod_size: 1M
]])
  end)
  after_each(function() support.remove(base) end)

  local function synlua(words, variables)
    local command = {"env -i", "PATH=/usr/bin:/bin:/usr/sbin", "SYNLUA_NGINX=/usr/sbin/nginx", "SYNLUA_CONTAINER=no",
      "SYNAPSE_CONFIG_DIR=" .. base .. "/data", "SYNAPSE_DATA_DIR=" .. base .. "/data",
      "SYNLUA_RUNTIME_DIR=" .. base .. "/run", "SYNLUA_SYNAPSE_PYTHON=" .. base .. "/venv/bin/python"}
    for name, value in pairs(variables or {}) do command[#command + 1] = quote(name .. "=" .. value) end
    command[#command + 1] = quote(support.SYNLUA) .. " " .. words .. " 2>&1"
    return capture(table.concat(command, " "))
  end

  local function overlay(variables)
    local text, status = synlua("render " .. base .. "/out", variables)
    assert(status == 0, text)
    return read(("%s/out%s/run/synapse/main.yaml"):format(base, base)), text
  end

  it("go over each other: homeserver.yaml, conf.d, homeserver.d by name, variables", function()
    write(base .. "/data/conf.d/stats.yaml", "report_stats: true\n")
    write(base .. "/data/homeserver.d/20.yaml", "caches: {per_cache_factors: {a: 3}}\n")
    write(base .. "/data/homeserver.d/10.yaml", "caches: {per_cache_factors: {a: 2, b: 2}}\n")
    write(base .. "/data/homeserver.d/30.yml", "nonsense: {\n")
    local text, said = overlay {SYNAPSE_CONFIG__caches__per_cache_factors__c = "4"}
    assert.matches("caches:\n  global_factor: 1\n  per_cache_factors:\n    a: 3\n    b: 2\n    c: 4\n", text, 1, true)
    assert.is_nil(text:find("report_stats", 1, true))
    assert.matches("30.yml: is not read", said, 1, true)
    assert.equal('report_stats: true\n    set by ' .. base .. '/data/conf.d/stats.yaml:1\n    over ' .. base
      .. "/data/homeserver.yaml:2: no\n    over synlua's default: false\n", (synlua "explain report_stats"))
  end)

  it("have values as YAML reads them, from files too, and errors without any value", function()
    write(base .. "/hush", "'0123'\n")
    local text = overlay {SYNAPSE_CONFIG__turn_shared_secret_FILE = base .. "/hush",
      SYNAPSE_CONFIG__turn_uris = "[a, b]", SYNAPSE_CONFIG__enable_search = "no"}
    assert.matches("turn_shared_secret: '0123'\nturn_uris:\n- a\n- b\n", text, 1, true)
    assert.matches("enable_search: no\n", text, 1, true)
    local said, status = synlua("check", {SYNAPSE_CONFIG__a = "{hush", SYNAPSE_CONFIG__b_FILE = "/nope/hush-not-shown",
      SYNAPSE_CONFIG__c = "*hush"})
    assert.equal(78, status)
    assert.matches("SYNAPSE_CONFIG__a: is not YAML", said, 1, true)
    assert.matches("SYNAPSE_CONFIG__c: is not YAML", said, 1, true)
    assert.matches("SYNAPSE_CONFIG__b_FILE: names a file that cannot be read", said, 1, true)
    assert.is_nil(said:gsub("/nope/hush%-not%-shown", ""):find("hush", 1, true), said)
  end)

  it("warn of options that Synapse does not have, unless the installed one has them", function()
    local _, said = overlay()
    assert.matches("homeserver.yaml:5: max_uplaod_size is no option of Synapse, which ignores it; did you mean "
      .. "max_upload_size?", said, 1, true)
    write(base .. "/venv/lib/python3.9/site-packages/synapse/config/x.py", 'config.get("max_uplaod_size")\n')
    _, said = overlay()
    assert.is_nil(said:find("max_uplaod_size", 1, true))
  end)

  it("are shown before they take effect: diff shows what changes, without secrets, and later nothing", function()
    local variables = {SYNAPSE_TURN_SECRET = "hush-turn", SYNAPSE_MAX_UPLOAD_SIZE = "10M"}
    local said, status = synlua("diff", variables)
    assert.equal(1, status)
    assert.matches("/run/synapse/main.yaml: made\n", said, 1, true)
    overlay(variables)
    assert(os.execute(("cp -a %s/out%s/. %s/; chmod 755 %s"):format(base, base, base, base)))
    if capture "id -u" == "0\n" then
      assert(os.execute(("chown -R 991:991 %s/data; chown -R 0:991 %s/run; chgrp www-data %s/run/nginx/nginx.conf; "
        .. "chown 0:0 %s/data/.synlua.database"):format(base, base, base, base)))
    end
    assert.same({"the next start changes no file\n", 0}, {synlua("diff", variables)})
    variables.SYNAPSE_MAX_UPLOAD_SIZE, variables.SYNAPSE_TURN_SECRET = "20M", "hush-other"
    said, status = synlua("diff", variables)
    assert.equal(1, status)
    assert.matches('  -max_upload_size: 10M\n  +max_upload_size: 20M\n', said:gsub('"', ""), 1, true)
    assert.is_nil(said:find("hush", 1, true), said)
  end)

  it("that set nothing of an option are said so; a misspelt one is named", function()
    assert.same({"synlua: max_uplod_size is no option of Synapse that synlua knows; did you mean max_upload_size?\n",
      1}, {synlua "explain max_uplod_size"})
    assert.same({"synlua: no layer sets enable_search: Synapse uses its own default\n", 1},
      {synlua "explain enable_search"})
    assert.same({"synlua: no layer sets caches.global_facto: Synapse uses its own default (or did you mean "
      .. "caches.global_factor?)\n", 1}, {synlua "explain caches.global_facto"})
  end)

  it("can be left: one file that says all of it, for its owner alone", function()
    write(base .. "/data/homeserver.d/a.yaml", "caches: {per_cache_factors: {b: 2}}\n")
    local said, status = synlua("leave " .. base .. "/left.yaml", {SYNAPSE_CONFIG__enable_search = "false"})
    assert(status == 0, said)
    assert.is_nil(said:find("hush", 1, true))
    local text = read(base .. "/left.yaml")
    for _, line in ipairs {"enable_search: false", "form_secret: hush-file", "    b: 2", "- port: 8008"} do
      assert.matches(line .. "\n", text, 1, true)
    end
    assert.equal("600\n", (capture("stat -c %a " .. base .. "/left.yaml")))
    said, status = synlua("leave " .. base .. "/left.yaml")
    assert.equal(78, status)
    assert.matches("left.yaml: exists already", said, 1, true)
  end)

  it("never show the secret of an authentication service, and it is its owner's alone", function()
    local variables = {SYNAPSE_MAS_ENDPOINT = "http://127.0.0.1:1", SYNAPSE_MAS_SECRET = "hush-mas"}
    write(base .. "/data/homeserver.yaml", "server_name: example.org\nreport_stats: no\n")
    for _, words in ipairs {"plan", "plan --json", "eval -e 'files'", "eval -e 'settings'", "eval -e 'plan'", "diff",
      "explain matrix_authentication_service"} do
      local said = synlua(words, variables)
      assert.is_nil(said:find("hush", 1, true), words .. ": " .. said)
    end
    assert.matches('matrix_authentication_service.secret_path: "' .. base .. '/run/synapse/mas.secret"\n    set by '
      .. "SYNAPSE_MAS_SECRET\n", synlua("explain matrix_authentication_service", variables), 1, true)
    assert.is_nil(overlay(variables):find("hush", 1, true))
    local path = ("%s/out%s/run/synapse/mas.secret"):format(base, base)
    assert.equal("hush-mas\n", read(path))
    assert.equal("600\n", (capture("stat -c %a " .. path)))
  end)

  it("never show a secret in eval's files", function()
    local said = synlua("eval -e 'files'", {POSTGRES_PASSWORD = "hush-\"%'x", SYNAPSE_TURN_SECRET = "hush-turn"})
    assert.is_nil(said:find("hush", 1, true), said)
  end)
end)
