-- Which lines of services are warnings and errors, for a start on a terminal that shows no others. Pure.

local loud = {}

-- A line with one of these says its level. What follows may hold any word.
local LEVELS = {
  {" %- DEBUG %- ", false}, {" %- INFO %- ", false}, {" %- WARNING %- ", true}, {" %- ERROR %- ", true},
  {" %- CRITICAL %- ", true}, {"%[debug%]", false}, {"%[info%]", false}, {"%[notice%]", false}, {"%[warn%]", true},
  {"%[error%]", true}, {"%[crit%]", true}, {"%[alert%]", true}, {"%[emerg%]", true}, {"%f[%u]LOG:  ", false},
  {"%f[%u]WARNING:  ", true}, {"%f[%u]ERROR:  ", true}, {"%f[%u]FATAL:  ", true}, {"%f[%u]PANIC:  ", true},
}

-- Where no level is said, these words near the beginning do.
local WORDS = {"%f[%w]warning%f[%W]", "%f[%w]error%f[%W]", "%f[%w]fatal%f[%W]", "%f[%w]critical%f[%W]",
  "%f[%w]panic%f[%W]", "%f[%w]traceback%f[%W]"}

local NEAR = 120 -- bytes

local function by_level(line)
  local first, is_loud
  for _, level in ipairs(LEVELS) do
    local at = line:find(level[1])
    if at and (not first or at < first) then first, is_loud = at, level[2] end
  end
  return is_loud
end

local function by_words(line)
  local head = line:sub(1, NEAR):lower()
  for _, word in ipairs(WORDS) do
    if head:find(word) then return true end
  end
  return false
end

--- Whether a line is to be shown. `state` holds what the lines before it were.
---@param state {shown?: boolean, in_trace?: boolean} of the service; empty at first
---@param line string
---@return boolean
function loud.is(state, line)
  if line:find "^%s" then return state.shown == true end -- goes on
  if line:find "^Traceback %(most recent call last%):" then
    state.shown, state.in_trace = true, true
    return true
  end
  local said = by_level(line)
  if state.in_trace and said == nil then -- the exception, which ends the traceback
    state.in_trace = false
    return true
  end
  state.in_trace = false
  if said == nil then said = by_words(line) end
  state.shown = said
  return said
end

return loud
