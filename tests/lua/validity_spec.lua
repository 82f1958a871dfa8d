-- From when to when a certificate is good.

local validity = require "lib.validity"

local DAY, NOW = 86400, 1700000000

local function of(from, till) return {path = "/c", from = NOW + from, until_ = NOW + till} end

describe("a certificate", function()
  it("is told of when it has ended, ends in less than 14 days, or is not good yet", function()
    local function said(from, till) return (validity.fault(of(from, till), NOW, os.date)) end
    assert.is_nil(said(-DAY, 14 * DAY))
    assert.equal("ends in 13 days, on 2023-11-28 22:13 UTC", said(-DAY, 14 * DAY - 1))
    assert.equal("ends in 47 hours, on 2023-11-16 22:13 UTC", said(-DAY, 2 * DAY - 1))
    assert.equal("ends in less than 2 hours, on 2023-11-14 22:13 UTC", said(-DAY, 0))
    assert.matches("has ended on 2023-11-14 22:13 UTC", said(-DAY, -1), 1, true)
    assert.matches("is not good before 2023-11-15 22:13 UTC", said(DAY, 90 * DAY), 1, true)
  end)

  it("is looked at again when there may be something new, and each day", function()
    local function pause(from, till) return validity.pause(of(from, till), NOW) end
    assert.equal(DAY, pause(-DAY, 90 * DAY))
    assert.equal(61, pause(-DAY, 14 * DAY + 60))
    assert.equal(12, pause(-DAY, 10))
    assert.equal(31, pause(30, 90 * DAY))
    assert.equal(DAY, pause(-2 * DAY, -DAY))
  end)
end)
