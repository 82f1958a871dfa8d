-- EDGE
-- `synlua migrate_config`: see generate.lua.

return require "commands.generate"
