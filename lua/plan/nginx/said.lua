-- How the start calls a list of networks.

local said = {}

local WORDS = "loopback, private ranges and Unix sockets"

--- Its value and the variable that has set it.
---@param settings Settings
---@param variable string
---@return string
function said.of(settings, variable)
  local source, list = settings.sources[variable], settings[variable]
  local words = #list == 0 and "none" or source and table.concat(list, ", ") or WORDS
  return ("%s (%s)"):format(words, source or variable)
end

return said
