-- Checks the fields of a table that the plan reads, where a schema of all its fields would only repeat the code.

local tables = require "lib.tables"

local ID_MAX, MODE_MAX = 4294967294, 4095

local function within(least, most)
  return function(value) return math.type(value) == "integer" and value >= least and value <= most end
end

local function is_text(value) return type(value) == "string" and not value:find "\0" end

local kinds = {
  text = is_text, bytes = function(value) return type(value) == "string" end,
  path = function(value) return is_text(value) and value:sub(1, 1) == "/" end,
  id = within(0, ID_MAX), mode = within(0, MODE_MAX), port = within(1, 65535),
}

local WORDS = {text = "text", bytes = "text", path = "an absolute path", id = "the number of a user or group",
  mode = "a number such as 420, which is 0644", port = "a port"}

--- A function that tells what is wrong with a table.
---@param required table<string, string> the kind of each field
---@param more? table<string, string> of fields that may be missing
---@return fun(value: any): string? what, string? hint
return function(required, more)
  local function fault_of(value, list, may_miss)
    for name, kind in tables.sorted(list) do
      local is = value[name]
      if not (may_miss and not is) and not kinds[kind](is) then
        return ("needs %s, which is %s"):format(name, WORDS[kind]), "see what a shipped service returns"
      end
    end
  end
  return function(value)
    if type(value) ~= "table" then return "must be a table", "see what a shipped service returns" end
    local what, hint = fault_of(value, required, false)
    if not what then what, hint = fault_of(value, more or {}, true) end
    return what, hint
  end
end
