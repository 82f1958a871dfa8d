-- The differences between two texts, line by line, with the lines around each difference.

local diff = {}

local AROUND = 3

local function lines_of(text)
  local list = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line end
  if text == "" then list = {} end
  return list
end

-- For each pair of lines, the length of the longest common part from there on. Equal beginnings and ends are left out.
local function lengths(a, b, first, last_a, last_b)
  local rows = {}
  for i = last_a + 1, first, -1 do
    local row, below = {}, rows[i + 1]
    for j = last_b + 1, first, -1 do
      if i > last_a or j > last_b then
        row[j] = 0
      elseif a[i] == b[j] then
        row[j] = below[j + 1] + 1
      else
        row[j] = math.max(below[j], row[j + 1])
      end
    end
    rows[i] = row
  end
  return rows
end

-- The end of the equal beginning, and in each text the last line before the equal end.
local function middle(a, b)
  local first, last_a, last_b = 1, #a, #b
  while first <= last_a and first <= last_b and a[first] == b[first] do first = first + 1 end
  while last_a >= first and last_b >= first and a[last_a] == b[last_b] do last_a, last_b = last_a - 1, last_b - 1 end
  return first, last_a, last_b
end

-- All lines with their mark: " ", "-" or "+".
local function marked(a, b)
  local first, last_a, last_b = middle(a, b)
  local rows, i, j, list = lengths(a, b, first, last_a, last_b), first, first, {}
  local function add(mark, line) list[#list + 1] = {mark, line} end
  for at = 1, first - 1 do add(" ", a[at]) end
  while i <= last_a or j <= last_b do
    local has_a, has_b = i <= last_a, j <= last_b
    if has_a and has_b and a[i] == b[j] then
      add(" ", a[i])
      i, j = i + 1, j + 1
    elseif has_a and (not has_b or rows[i + 1][j] >= rows[i][j + 1]) then
      add("-", a[i])
      i = i + 1
    else
      add("+", b[j])
      j = j + 1
    end
  end
  for at = last_a + 1, #a do add(" ", a[at]) end
  return list
end

--- The lines that differ, with those around them. "..." stands for lines that were left out. Empty if nothing differs.
---@param before string
---@param after string
---@return string[]
function diff.lines(before, after)
  local list, near, out = marked(lines_of(before), lines_of(after)), {}, {}
  for at, line in ipairs(list) do
    if line[1] ~= " " then
      for around = at - AROUND, at + AROUND do near[around] = true end
    end
  end
  for at, line in ipairs(list) do
    if near[at] and at > 1 and not near[at - 1] then out[#out + 1] = "..." end
    if near[at] then out[#out + 1] = line[1] .. line[2] end
  end
  return out
end

return diff
