local forgotten = require "cli.forgotten"

describe("once the services run", function()
  it("modules of planning are forgotten, but for those that something refers to", function()
    local used = {}
    local loaded = {["plan.init"] = {}, ["lib.text"] = function() return {} end, ["templates/a"] = {}, argparse = {},
      ["files.svg"] = used, ["lib.version"] = "1"}
    forgotten.from(loaded)
    assert.same({["files.svg"] = used, ["lib.version"] = "1"}, loaded)
    assert.equal(used, loaded["files.svg"])
  end)

  it("modules that remember what happens stay, and those that are loaded later too", function()
    local loaded = {["metrics.page"] = {seen = 1}, ["processes.memory"] = {}, ["core.file"] = {}, string = {},
      ["my.module"] = {}}
    forgotten.from(loaded)
    loaded["plan.init"] = {1}
    collectgarbage()
    assert.same({["metrics.page"] = {seen = 1}, ["processes.memory"] = {}, ["core.file"] = {}, string = {},
      ["my.module"] = {}, ["plan.init"] = {1}}, loaded)
  end)
end)
