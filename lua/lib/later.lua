-- A module that is loaded when a field of it is first read. Most starts need only some of the modules, and to load one
-- takes longer than to run most of its functions.

--- Stands in for a module. Its fields are found behind it, so they cannot be listed by pairs().
---@param name string as for require
---@return table
return function(name)
  return setmetatable({}, {__index = function(self, field)
    local module = require(name)
    getmetatable(self).__index = module
    return module[field]
  end})
end
