local stream = require "control.stream"

describe("a client that reads too slowly", function()
  local sent, full, one

  before_each(function()
    sent, full = {}, nil
    one = {say = function(_, answer)
      if full then return false, full end
      sent[#sent + 1] = answer
      return true
    end}
  end)

  it("loses answers, and is told how many once it reads again", function()
    assert.is_true(stream.pass(1, one, {line = "a"}))
    full = "full"
    assert.is_false((stream.pass(1, one, {line = "b"})))
    assert.is_false((stream.pass(1, one, {line = "c"})))
    full = nil
    assert.is_true(stream.pass(1, one, {line = "d"}))
    assert.is_true(stream.pass(1, one, {line = "e"}))
    assert.same({{line = "a"}, {skipped = 2}, {line = "d"}, {line = "e"}}, sent)
  end)

  it("is known to be gone", function()
    full = "gone"
    assert.same({false, true}, {stream.pass(1, one, {line = "a"})})
  end)
end)
