-- Runs busted: inside synlua (`synlua eval tests/busted.lua DIR`) or on stock Lua.

local VERSION = "5.4"

package.path = package.path .. (";/usr/share/lua/%s/?.lua;/usr/share/lua/%s/?/init.lua;./tests/?.lua"):format(VERSION, VERSION)
for directory in io.popen("ls -d /usr/lib/*/lua/" .. VERSION):lines() do
  package.cpath = package.cpath .. ";" .. directory .. "/?.so"
end

-- busted takes its options from the global arg, below the script's name.
arg = {[0] = "busted", "--output=plainTerminal", "--pattern=_spec", table.unpack(arg)}
require "busted.runner" {standalone = false}
