local octal = require "lib.octal"

describe("octal digits", function()
  it("are a mode", function()
    assert.same({416, 384, 1512, 0}, {octal "0640", octal "0600", octal "02750", octal "00"})
  end)

  it("must be octal, so that no decimal mode is taken for one", function()
    for _, digits in ipairs {"640", "0680", "", "0", "0x1"} do
      assert.has_error(function() octal(digits) end)
    end
  end)
end)
