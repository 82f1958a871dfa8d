-- What `synlua housekeeping` asks for, and whom.

local fixture = require "plan_fixture"
local housekeeping = require "plan.housekeeping"
local planner = require "plan"
local settings = require "settings"

local function done(environment)
  local input = fixture.input {environment = environment}
  local read = settings.read(input)
  local plan, problems, _, view = planner.make(read, input, fixture.catalog())
  assert.same({}, problems)
  return {plan = plan, view = view, settings = read}
end

describe("housekeeping", function()
  it("is off until a variable is set, and says which", function()
    for _, task in ipairs(housekeeping.TASKS) do
      local request, problem = housekeeping.request(done(), {name = task.name})
      assert.is_nil(request)
      assert.equal("housekeeping " .. task.name, problem.where)
      assert.matches("set " .. task.variable .. "; or try it: synlua housekeeping", problem.hint, 1, true)
    end
    local _, problem = housekeeping.request(done(), {name = "all"})
    for _, task in ipairs(housekeeping.TASKS) do assert.matches(task.variable, problem.hint, 1, true) end
  end)

  it("does all that is on, in the order of the list, with the days of each", function()
    local made = housekeeping.request(done {SYNLUA_HOUSEKEEPING_LOGS = "9", SYNLUA_HOUSEKEEPING_REMOTE_MEDIA = "30"},
      {name = "all", dry = true})
    assert.same({{name = "remote-media", days = 30}, {name = "logs", days = 9}}, made.tasks)
    assert.is_true(made.dry)
    assert.is_true(made.asks)
    assert.equal(0, made.larger)
  end)

  it("takes days of the command before those of the variable, and needs no homeserver for logs", function()
    local made = housekeeping.request(done {SYNLUA_HOUSEKEEPING_LOGS = "9", SYNLUA_HOUSEKEEPING_REMOTE_MEDIA = "30"},
      {name = "logs", days = 2})
    assert.same({{name = "logs", days = 2}}, made.tasks)
    assert.is_false(made.asks)
    assert.is_false(made.dry)
    assert.equal("/data/logs", made.logs)
    assert.same({"nginx", "synapse", "access"}, made.services)
  end)

  it("asks the process that has the media, and main for rooms", function()
    local made = housekeeping.request(done {SYNAPSE_WORKER_TYPES = "pusher,media_repository"},
      {name = "remote-media", days = 1})
    assert.equal("/run/synlua/sockets/main_public.sock", made.main.socket)
    assert.equal("/run/synlua/sockets/media_repository1_public.sock", made.media.socket)
    made = housekeeping.request(done(), {name = "remote-media", days = 1})
    assert.equal(made.main.socket, made.media.socket)
  end)

  it("takes the size above which media of users are removed", function()
    local made = housekeeping.request(done {SYNLUA_HOUSEKEEPING_LOCAL_MEDIA = "30",
      SYNLUA_HOUSEKEEPING_LOCAL_MEDIA_SIZE = "5M"}, {name = "local-media"})
    assert.equal(5 << 20, made.larger)
  end)
end)
