-- nginx.conf says where its parts come from.

local fixture = require "routes_fixture"

local text = fixture.configuration {directory = "/d", listen = "127.0.0.1:1",
  instances = fixture.instances("/d", {"synchrotron", "typing", "media_repository"})}

local function lines_before(pattern)
  local list, before = {}, nil
  for line in text:gmatch "[^\n]+" do
    if line:find(pattern) then list[#list + 1] = {line = line, before = before} end
    before = line
  end
  assert(#list > 0, pattern)
  return list
end

describe("nginx.conf", function()
  it("names the worker file of each pool", function()
    for _, one in ipairs(lines_before "^ +upstream [a-z]") do
      local kind = one.line:match "upstream ([a-z_]+)"
      if kind ~= "main" then assert.equal(("    # workers/%s.lua"):format(kind), one.before) end
    end
  end)

  it("names the upstream of each location, so that nginx need not look it up for each request", function()
    assert.is_nil(text:find("proxy_pass http://$", 1, true))
    assert.is_truthy(text:find("if ($by_method_1 = synchrotron.user) { proxy_pass http://synchrotron.user; }", 1, true))
  end)

  it("names the worker file of each location that does not lead to the main process alone", function()
    for _, one in ipairs(lines_before "proxy_pass http://[a-z$]") do
      local pool = one.line:match ".*proxy_pass http://([a-z_]+)"
      local said = one.line:match "# workers/([a-z_]+)%.lua$"
      if one.line:find "location" and pool ~= "main" then assert.equal(pool or said, said, one.line) end
      if one.line:find "location" and pool == "main" then assert.is_nil(said) end
    end
    for _, one in ipairs(lines_before "^ +location ~ .*typing") do
      assert.equal("            # workers/typing.lua", one.before)
    end
    for _, one in ipairs(lines_before "^ +location = /_matrix/media/v3/upload {") do
      assert.equal("        # workers/media_repository.lua", one.before)
    end
  end)
end)
