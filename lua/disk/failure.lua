-- What a file or a directory that cannot be written is to the person who must act.

local HINTS = {
  ENOSPC = "make room on that file system", EDQUOT = "make room in that quota", EROFS = "mount it writable",
  EACCES = "make it writable for the user that runs synlua", EPERM = "make it writable for the user that runs synlua",
}

--- The problem of one file or directory.
---@param base string
---@param path string below it, or ""
---@param what string
---@param name? string of the system's error
---@return Problem
return function(base, path, what, name)
  return {where = path == "" and base or base .. "/" .. path, what = what,
    hint = HINTS[name] or "mend that, then start again"}
end
