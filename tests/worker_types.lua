-- The shipped worker types, for pure specs.

local lfs = require "lfs"
local types = require "input.worker_type"

local shipped = {}

for name in lfs.dir "lua/workers" do
  local short = name:match "^([%w_]+)%.lua$"
  if short then shipped[short] = types.check(require("workers." .. short), short) end
end

return shipped
