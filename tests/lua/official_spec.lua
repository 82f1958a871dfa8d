local official = require "cli.official"

describe("the official image's arguments of run", function()
  it("that name what runs anyway are reported in one line each", function()
    local read = official.read {"-m", "synapse.app.homeserver", "-D", "--generate-keys", "--data-directory", "/x"}
    assert.is_nil(read.fault)
    assert.equal(4, #read.notes)
    assert.matches("^%-m synapse%.app%.homeserver: ", read.notes[1])
  end)

  it("name the configuration in any of Synapse's ways", function()
    for _, words in ipairs {{"-c", "/a.yaml"}, {"--config-path", "/a.yaml"}, {"--config-path=/a.yaml"},
      {"-c", "/a.yaml", "-c", "/a.yaml"}} do
      assert.same({notes = {}, config_path = "/a.yaml"}, official.read(words))
    end
  end)

  it("that ask for something else are faults which say what there is instead", function()
    local cases = {
      {{"-m", "synapse.app.generic_worker"}, "SYNAPSE_WORKER_TYPES"}, {{"-c", "/a", "-c", "/b"}, "homeserver%.d"},
      {{"-c", "a.yaml"}, "absolute"}, {{"-c"}, "needs a value"}, {{"--manhole", "9000"}, "no argument of run"},
      {{"more"}, "no argument of run"},
    }
    for _, case in ipairs(cases) do assert.matches(case[2], official.read(case[1]).fault) end
  end)
end)
