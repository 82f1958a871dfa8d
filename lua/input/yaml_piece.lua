-- EDGE
-- Reads a piece of the admin's that is put into a generated YAML file, and indents it as its place needs. A piece is a
-- whole list or table, so it cannot end the part of the file that it is in.

local document = require "lib.document"
local yaml = require "lib.yaml"

local yaml_piece = {}

local KINDS = {
  list = {opens = "^%-%f[%s\0]", kind = "seq", what = "is no list of scrape jobs",
    hint = "write items that begin with - job_name: without a line above them that names the list"},
  map = {opens = "^[^-&!%[{%%]", kind = "map", what = "is no table of names with values",
    hint = "write lines such as name: value"},
}

-- YAML ends a line at these too, and would read the rest of the line as another one.
local BREAKS = {"\r", "\u{85}", "\u{2028}", "\u{2029}"}

local function lines_of(text)
  local list = {}
  for line in text:gsub("^\u{FEFF}", ""):gsub("\n?$", "\n", 1):gmatch "([^\n]*)\n" do
    list[#list + 1] = line:gsub("\r$", "")
  end
  return list
end

-- The first line that is neither empty nor a comment. A line --- before it means nothing, and is left empty.
local function first_line(lines)
  for at, line in ipairs(lines) do
    if line:find "^%-%-%-%s*$" or line:find "^%-%-%-%s+#" then
      lines[at] = ""
    elseif line:find "^%s*[^%s#]" then
      return at, #line:match "^ *"
    end
  end
end

-- The line that cannot stand inside of another file, with what is wrong and what to do.
local function unfit(lines)
  for at, line in ipairs(lines) do
    if line:find "^%-%-%-%f[%s\0]" or line:find "^%.%.%.%f[%s\0]" then
      return at, "begins or ends a document of YAML", "remove that line"
    end
    for _, pattern in ipairs(BREAKS) do
      if line:find(pattern) then return at, "has a line break of an unusual kind", "end lines as usual" end
    end
  end
end

-- The line of a name in a table that begins in this column.
local function line_of(lines, name, column)
  for at, line in ipairs(lines) do
    if line:match("^" .. (" "):rep(column) .. "[\"']?([%w_]+)[\"']?%s*:") == name then return at end
  end
  return 1
end

local function shifted(lines, by)
  local made = {}
  for at, line in ipairs(lines) do
    if by > 0 and line ~= "" then line = (" "):rep(by) .. line end
    if by < 0 then line = line:sub(math.min(-by, #line:match "^ *") + 1) end
    made[at] = line
  end
  return table.concat(made, "\n") .. "\n"
end

--- The text of a piece as it stands in its place.
---@param piece Piece
---@param slot Slot
---@return string?
---@return Problem?
function yaml_piece.read(piece, slot)
  local lines, form = lines_of(piece.text), KINDS[slot.holds]
  local function fault(at, what, hint)
    return nil, {where = ("%s:%d"):format(piece.path, at), what = what, hint = hint}
  end
  local first, column = first_line(lines)
  local at, what, hint = unfit(lines)
  if at then return fault(at, what, hint) end
  if not first then return shifted(lines, 0) end -- comments only
  if not lines[first]:sub(column + 1):find(form.opens) then return fault(first, form.what, form.hint) end
  local value, why = yaml.decode(table.concat(lines, "\n") .. "\n", {name = piece.path})
  if value == nil then
    local where, said = why:match "^(.*:%d+:%d+): (.*)$"
    return nil, {where = where or piece.path, what = said or why, hint = "mend the YAML there"}
  end
  if document.kind(value) ~= form.kind then return fault(first, form.what, form.hint) end
  for name, instead in pairs(slot.ours or {}) do
    if document.find(value, name) ~= nil then
      return fault(line_of(lines, name, column), name .. " does not belong here", instead)
    end
  end
  return shifted(lines, slot.indent - column)
end

return yaml_piece
