-- What nginx accepts of clients, as the plan says it.

local fixture = require "plan_fixture"

local MB = 1 << 20

local function limits(options)
  local _, problems, _, view = fixture.make(options)
  assert.same({}, problems)
  return view.limits
end

local function upload(environment, homeserver)
  return limits({environment = environment, homeserver = homeserver}).upload
end

describe("the limit of uploads", function()
  it("is a little above Synapse's own, whoever sets that", function()
    assert.equal(51 * MB, upload())
    assert.equal(21 * MB, upload {SYNAPSE_MAX_UPLOAD_SIZE = "20M"})
    assert.equal(11 * MB, upload(nil, {server_name = "example.org", max_upload_size = "10M"}))
    assert.equal(MB + 1000, upload(nil, {server_name = "example.org", max_upload_size = 1000}))
  end)

  it("stays a number that nginx can read, however large it is", function()
    local largest = upload(nil, {server_name = "example.org", max_upload_size = math.maxinteger})
    assert.is_true(largest > 1 << 60 and largest < math.maxinteger)
  end)
end)
