-- Runs busted: inside synlua (`synlua eval tests/runner.lua DIR`) or on stock Lua.

package.path = package.path .. ";/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./tests/?.lua"
for directory in io.popen("ls -d /usr/lib/*/lua/5.4"):lines() do
  package.cpath = package.cpath .. ";" .. directory .. "/?.so"
end

-- busted takes its options from the global arg, below the script's name.
_G.arg = {[0] = "busted", "--output=plainTerminal", "--pattern=_spec", table.unpack(arg)}
require "busted.runner" {standalone = false}
