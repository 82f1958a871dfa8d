-- Which paths of the user directory are open, and what their files may hold.

local contract = require "contract"

local SHIPPED = {"services/nginx.lua", "services/synapse.lua", "templates/nginx.conf", "templates/redis.conf",
  "workers/typing.lua"}

local function place(path) return contract.place(path, SHIPPED) end

local function nearest(path)
  local found, near = place(path)
  assert.is_nil(found, path)
  return near
end

describe("a path of the user directory", function()
  it("is open for worker types, services, templates, slots and hooks", function()
    assert.same({kind = "hooks", name = "init"}, place "init.lua")
    assert.same({kind = "worker", name = "my_type"}, place "workers/my_type.lua")
    assert.same({kind = "service", name = "my-bridge"}, place "services/my-bridge.lua")
    assert.same({kind = "template", name = "nginx.conf"}, place "templates/nginx.conf")
    assert.same({kind = "slot", file = "nginx.conf", slot = "server", name = "10-size.conf"},
      place "templates/nginx.conf.d/server/10-size.conf")
    assert.same({kind = "slot", file = "redis.conf", name = "mine.conf"}, place "templates/redis.conf.d/mine.conf")
  end)

  it("is open nowhere else", function()
    for _, path in ipairs {"nginx.lua", "plan/init.lua", "workers/a/b.lua", "templates/a/b.conf", "cli/init.lua",
      "workers/my-type.lua", "workers/typing.txt", "templates/nginx.conf.d/mine.conf", "x/init.lua",
      "templates/redis.conf.d/server/mine.conf", "templates/nginx.conf.d/servers/mine.conf"} do
      assert.is_nil((contract.place(path)), path)
    end
  end)

  it("is told the open path that was most likely meant", function()
    assert.equal("services/nginx.lua", nearest "nginx.lua")
    assert.equal("templates/nginx.conf", nearest "nginx.conf")
    assert.equal("services/bridge.lua", nearest "service/bridge.lua")
    assert.equal("workers/mine.lua", nearest "wokers/mine.lua")
    assert.equal("templates/nginx.conf.d/server/mine.conf", nearest "templates/nginx.conf.d/servers/mine.conf")
    assert.equal("init.lua", nearest "inti.lua")
    assert.is_nil(nearest "somewhere/else.lua")
  end)
end)
