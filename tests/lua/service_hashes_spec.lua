-- What tells two plans of a service apart.

local service_hashes = require "lib.service_hashes"

local function service(more)
  local process = {argv = {"/a", "b"}, environment = {"X=1"}, cwd = "/"}
  for key, value in pairs(more or {}) do process[key] = value end
  return {process = process}
end

describe("services", function()
  it("differ by their arguments, variables, users and files, and by being there", function()
    local before = service_hashes.of {a = service(), b = service(), c = service(), d = service(), e = service(),
      f = service()}
    local after = service_hashes.of {a = service(), b = service {argv = {"/a", "c"}}, c = service {environment = {}},
      d = service {uid = 5}, e = service(), g = service()}
    assert.same({"b", "c", "d", "e", "f", "g"}, service_hashes.differ(before, after, {e = true}))
    assert.same({}, service_hashes.differ(before, before, {}))
  end)
end)
