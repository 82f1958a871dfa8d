-- ${NAME} that a template engine was to fill in and has left.

local placeholder = {}

local HINT = "a program that fills in templates has not filled this in: let it run before the start, or write the value"

-- The first one; with a default or the like behind the name.
local function find(text)
  for found, inner in text:gmatch "(%${([^{}]*)})" do
    if inner:find "^[%a_][%w_]*$" or inner:find "^[%a_][%w_]*:?[-=?+]" then return found end
  end
end

--- What is wrong with a value.
---@param text string
---@param secret boolean
---@return string|nil what nil: nothing
---@return boolean? problem it is all that there is of a secret, which everybody can guess; else a warning
---@return string? hint
function placeholder.fault(text, secret)
  local found = find(text)
  if not found then return end
  if secret and found == text then
    return ("is %s, which nothing fills in: everybody can guess that secret"):format(found), true, HINT
  end
  return ("has %s in it, which nothing fills in"):format(secret and "something like ${NAME}" or found), false, HINT
end

return placeholder
