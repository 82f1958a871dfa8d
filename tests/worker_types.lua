-- The shipped worker types, for pure specs.

local lfs = require "lfs"

local shipped = {}

for name in lfs.dir "lua/workers" do
  local short = name:match "^([%w_]+)%.lua$"
  if short then shipped[short] = require("workers." .. short) end
end

return shipped
