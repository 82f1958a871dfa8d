-- Writes settings and their problems as text for people.

local default_text = require "settings.default"
local tables = require "lib.tables"

local report = {}

local function list(lines, title, found)
  if #found == 0 then return end
  lines[#lines + 1] = ("%d %s%s:"):format(#found, title, #found == 1 and "" or "s")
  for _, problem in ipairs(found) do
    lines[#lines + 1] = ("  %s: %s"):format(problem.where, problem.what)
    if problem.hint then lines[#lines + 1] = "      " .. problem.hint end
  end
end

--- Problems and warnings, one per paragraph. Empty if there are none.
---@param problems Problem[]
---@param warnings Problem[]
---@return string
function report.format(problems, warnings)
  local lines = {}
  list(lines, "problem", problems)
  list(lines, "warning", warnings)
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

local NOUNS = {
  boolean = "yes or no", yes_no = "yes or no", integer = "whole number", server_name = "server name", url = "URL",
  list = "list", directories = "list of paths", addresses = "list of addresses", sender = "mail sender",
  string = "text", workers = "list of workers", networks = "list of networks", ports = "list of ports",
  auto = "auto, or whole number", bytes = "size", seconds = "time", timespan = "time",
  cron = "cron expression", levels = "list of numbers",
  endpoint = "address and port", metrics_address = "address, or address and port",
  age_recipients = "public keys of age",
}

local function kind(entry)
  if entry.pattern then return ("%s; a pattern, not a name"):format(entry.kind) end
  if entry.kind == "word" then return table.concat(entry.words, ", ") end
  return NOUNS[entry.kind] or entry.kind
end

local function cells(entry)
  local doc = entry.doc
  if entry.aliases then doc = doc .. " Also: " .. table.concat(entry.aliases, ", ") .. "." end
  if entry.secret then doc = doc .. " Secret." end
  return {entry.name, kind(entry), default_text(entry), doc}
end

-- The variables of a topic, then its patterns of names.
local function rows(topic)
  local all, patterns = {table.unpack(topic.entries)}, topic.patterns or {}
  return table.move(patterns, 1, #patterns, #all + 1, all)
end

local formats = {}

function formats.text(lines, topic)
  lines[#lines + 1] = topic.title
  for _, entry in ipairs(rows(topic)) do
    local cell = cells(entry)
    local default = cell[3] ~= "" and ("; default: " .. cell[3]) or ""
    lines[#lines + 1] = ("  %s  (%s%s)"):format(cell[1], cell[2], default)
    lines[#lines + 1] = "      " .. cell[4]
  end
end

local function escaped(cell)
  return (cell:gsub("[|<>*_]", "\\%0"))
end

function formats.markdown(lines, topic)
  lines[#lines + 1] = "### " .. topic.title .. "\n"
  lines[#lines + 1] = "| Variable | Kind | Default | Meaning |"
  lines[#lines + 1] = "|---|---|---|---|"
  for _, entry in ipairs(rows(topic)) do
    local cell = cells(entry)
    local default = cell[3] ~= "" and ("`%s`"):format(cell[3]) or ""
    if entry.default_text then default = escaped(cell[3]) end
    lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(cell[1], cell[2], default, escaped(cell[4]))
  end
end

-- Names that are accepted without effect, with the reason.
local function idle(schema)
  local names = {}
  for name, why in tables.sorted(schema.obsolete or {}) do names[#names + 1] = {name, why} end
  for name in tables.sorted(schema.later or {}) do names[#names + 1] = {name, "not acted on by this version"} end
  table.sort(names, function(a, b) return a[1] < b[1] end)
  return names
end

local function add_idle(lines, names, format)
  if format == "markdown" then
    table.move({"\n### Accepted, without effect\n", "| Variable | Why |", "|---|---|"}, 1, 3, #lines + 1, lines)
  else
    table.move({"", "Accepted, without effect"}, 1, 2, #lines + 1, lines)
  end
  for _, item in ipairs(names) do
    if format == "markdown" then
      lines[#lines + 1] = ("| `%s` | %s |"):format(item[1], escaped(item[2]))
    else
      lines[#lines + 1] = ("  %s\n      %s"):format(item[1], item[2])
    end
  end
end

--- All variables by topic, then those without effect.
---@param schema {topics: table[], obsolete?: table, later?: table}
---@param format "text"|"markdown"
---@return string
function report.format_table(schema, format)
  local write, lines = assert(formats[format], format), {}
  for at, topic in ipairs(schema.topics) do
    if at > 1 then lines[#lines + 1] = "" end
    write(lines, topic)
  end
  local names = idle(schema)
  if #names > 0 then add_idle(lines, names, format) end
  return table.concat(lines, "\n") .. "\n"
end

return report
