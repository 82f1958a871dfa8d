-- What to do about a file that cannot be read.

local unreadable = {}

unreadable.DIRECTORY = "a container engine makes a directory where the file to be mounted does not exist: mend the "
  .. "mount, or remove the directory"

--- The hint for an error of reading.
---@param name string|nil EACCES and the like
---@param otherwise? string
---@return string|nil
function unreadable.hint(name, otherwise) return name == "EISDIR" and unreadable.DIRECTORY or otherwise end

return unreadable
