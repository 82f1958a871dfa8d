-- The compiled form of templates in the bundle.

local file = require "core.file"
local template = require "files.template"

describe("The bundle", function()
  it("has each shipped template in the form that its text has", function()
    local count = 0
    for name in pairs(assert(file.list(package.home, "templates"))) do
      if not name:match "%.py$" and not name:match "%.rules$" then -- these are passed on as they are
        local text = assert(file.read(package.home .. "/templates/" .. name))
        local made = assert(template.compile(text, name))
        assert.same({code = made.code, slots = made.slots}, require("templates/" .. name))
        count = count + 1
      end
    end
    assert.is_true(count > 0)
  end)

  it("leads a problem of a shipped template to its line and column", function()
    local text = assert(file.read(package.home .. "/templates/redis.conf"))
    local made = assert(template.shipped("redis.conf", text, "templates/redis.conf"))
    local shown, problem = template.render(made, {}, tostring)
    assert.is_nil(shown)
    local line, column = problem.where:match "^templates/redis%.conf:(%d+):(%d+)$"
    local lines = {}
    for part in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = part end
    assert.equal("{", lines[tonumber(line)]:sub(tonumber(column), tonumber(column)))
  end)

  it("is not asked for a template that it does not have", function()
    local made = assert(template.shipped("no_such.conf", "{{ a }}\n", "templates/no_such.conf"))
    assert.equal("b\n", template.render(made, {a = "b"}, tostring))
  end)
end)
