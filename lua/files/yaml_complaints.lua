-- Turns what promtool says of a YAML file into problems with the admin's own files. Pure. promtool names the file, and
-- its line in the same message or in the next one; for some mistakes it gives no line. A piece that stands in a
-- generated file is found there by its text.

local yaml_complaints = {}

local UNMARSHAL = "^: yaml: unmarshal errors:"
local PLACED = {"^: yaml: line (%d+): (.*)$", "^: (%d+):%d+: (.*)$"}

local function count(text) return select(2, text:gsub("\n", "")) end

-- The pieces in a generated file, each with the number of lines before it and the number of its last line.
local function pieces_in(file)
  local list = {}
  for _, one in ipairs(file.inside or {}) do
    local from, to = file.bytes:find(one.above .. one.text, 1, true)
    if from then
      local first = count(file.bytes:sub(1, from + #one.above - 1))
      list[#list + 1] = {from = one.from, text = one.text, before = first, last = first + count(file.bytes:sub(from
        + #one.above, to))}
    end
  end
  return list
end

-- All files that promtool may name, each with the parts of it that are the admin's.
local function sources(pieces, files)
  local list = {}
  for _, piece in ipairs(pieces) do
    list[#list + 1] = {path = piece.path, parts = {{from = piece.from, text = piece.bytes, before = 0,
      last = math.huge}}}
  end
  for _, file in ipairs(files) do
    local parts = pieces_in(file)
    if #parts > 0 then list[#list + 1] = {path = file.base .. "/" .. file.path, parts = parts} end
  end
  return list
end

local function add(list, where, what, among)
  for _, one in ipairs(list) do
    if one.where == where and one.what == what then return end
  end
  list[#list + 1] = {where = where, what = what, among = among}
end

local function add_line(list, source, number, what)
  for _, part in ipairs(source.parts) do
    if number > part.before and number <= part.last then
      return add(list, ("%s:%d"):format(part.from, number - part.before), what)
    end
  end
end

-- The first line of a piece that holds a word which the message quotes.
local function add_by_word(list, source, what)
  for word in what:gmatch '"([^"]+)"' do
    for _, part in ipairs(source.parts) do
      local at = part.text:find(word, 1, true)
      if at then return add(list, ("%s:%d"):format(part.from, count(part.text:sub(1, at)) + 1), what) end
    end
  end
  for _, part in ipairs(source.parts) do
    add(list, part.from, what, #source.parts > 1 and ", or another file of yours beside it" or nil)
  end
end

-- Reads the rest of a message, behind the path of the file. Returns the file if the next messages give its lines.
local function told(list, source, rest)
  if rest:find(UNMARSHAL) then return source end
  for _, pattern in ipairs(PLACED) do
    local number, what = rest:match(pattern)
    if number then return add_line(list, source, tonumber(number), what) end
  end
  local what = rest:match "^: (.+)$"
  if what then add_by_word(list, source, what) end
end

local function behind(line, path)
  local _, to = line:find(path, 1, true)
  return to and line:sub(to + 1)
end

--- The problems with files of the admin's.
---@param lines string[] what the program said
---@param pieces {path: string, from: string, bytes: string}[] copies of the admin's files
---@param files File[]
---@return Problem[]
function yaml_complaints.read(lines, pieces, files)
  local list, open, all = {}, nil, sources(pieces, files)
  for _, line in ipairs(lines) do
    local number, what = line:match "^%s+line (%d+): (.*)$"
    if open and number then
      add_line(list, open, tonumber(number), what)
    else
      open = nil
      for _, source in ipairs(all) do
        local rest = behind(line, source.path)
        open = rest and told(list, source, rest) or open
      end
    end
  end
  return list
end

return yaml_complaints
