-- The manual page, made from the parser. Pure.

local man = {}

local STATUS = {
  {"0", "synlua was asked to stop, and everything ended; or the command succeeded."},
  {"1", "Internal error; or diff found a change; or a command to the running instance failed."},
  {"64", "The command line is wrong."},
  {"69", "Something that is needed is missing, such as a running homeserver."},
  {"70", "A service that synlua cannot do without failed for good."},
  {"78", "The configuration is wrong."},
  {"130, 143", "A command other than run was ended by Ctrl-C or by SIGTERM."},
}

-- A text as a line of roff.
local function escaped(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
  return (text:gsub("^[.']", "\\&%0"))
end

local function bold(text) return "\\fB" .. escaped(text) .. "\\fR" end

local function sentence(text)
  text = text:gsub("^%l", string.upper)
  return text:find "[.)]$" and text or text .. "."
end

local function tagged(add, tag, text) add(".TP", tag, escaped(sentence(text))) end

local function label(option)
  local names = {}
  for at, alias in ipairs(option._aliases) do names[at] = bold(alias) end
  local takes = option._maxargs > 0 and " \\fI" .. escaped(option._aliases[#option._aliases]:gsub("^%-+", ""):upper())
    .. "\\fR" or ""
  return table.concat(names, ", ") .. takes
end

local function add_elements(add, command)
  for _, argument in ipairs(command._arguments) do
    local text = argument._description
    if text then tagged(add, "\\fI" .. escaped(argument._name) .. "\\fR", text) end
  end
  for _, option in ipairs(command._options) do
    local is_help = option._aliases[1] == "-h"
    if not is_help then tagged(add, label(option), option._description or "") end
  end
end

local function add_command(add, command, name)
  add(".SS " .. escaped(name))
  add(".nf")
  for line in command:get_usage():gmatch "[^\n]+" do add(escaped((line:gsub("^Usage: ", "")))) end
  add(".fi", ".PP", escaped(sentence(command._description or "")))
  add_elements(add, command)
  for _, inner in ipairs(command._commands) do add_command(add, inner, name .. " " .. inner._name) end
end

--- The page for man(1).
---@param parser table of argparse
---@param version string
---@return string
function man.page(parser, version)
  local lines = {}
  local function add(...)
    for _, line in ipairs {...} do lines[#lines + 1] = line end
  end
  local what = parser._description
  add((".TH SYNLUA 1 \"\" \"synlua %s\" \"\""):format(version))
  add(".SH NAME", "synlua \\- " .. escaped((what:gsub("^%u", string.lower):gsub("%.$", ""))))
  add(".SH SYNOPSIS", ".B synlua", "[\\fIcommand\\fR] [\\fIarguments\\fR]")
  add(".SH DESCRIPTION", escaped(what))
  add("Without a command it is " .. bold "run" .. ".", bold "synlua env" .. " lists the variables that it reads.")
  add(".SH OPTIONS")
  add_elements(add, parser)
  add(".SH COMMANDS")
  for _, command in ipairs(parser._commands) do add_command(add, command, command._name) end
  add ".SH EXIT STATUS"
  for _, status in ipairs(STATUS) do tagged(add, bold(status[1]), status[2]) end
  return table.concat(lines, "\n") .. "\n"
end

return man
