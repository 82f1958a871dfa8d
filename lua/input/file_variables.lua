-- Which files the environment names by NAME_FILE.

local file_variables = {}

--- NAME_FILE -> absolute path, for each variable that is set that way.
---@param environment table<string, string>
---@param names table<string, any> every name of a variable
---@return table<string, string>
function file_variables.of(environment, names)
  local paths = {}
  for name in pairs(names) do
    local path = environment[name .. "_FILE"]
    if path and path:sub(1, 1) == "/" and not path:find "[%c]" then paths[name .. "_FILE"] = path end
  end
  return paths
end

return file_variables
