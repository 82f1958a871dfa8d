-- The distance between two words, for "did you mean".

local distance = {}

--- Number of insertions, deletions, replacements and swaps of neighbours from one word to the other.
---@param a string
---@param b string
---@return integer
function distance.of(a, b)
  local before, last
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    before, last, row = last, row, {[0] = i}
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
  end
  return row[#b]
end

-- The value of a cell. Outside the band the distance is more than `most` anyway. rows: the last two rows.
local function cell(a, b, at, row, rows, beyond)
  local i, j = at[1], at[2]
  if j == 0 then return i end
  local last, before = rows[1], rows[2]
  local same = a:byte(i) == b:byte(j)
  local cost = math.min((last[j] or beyond) + 1, (row[j - 1] or beyond) + 1,
    (last[j - 1] or beyond) + (same and 0 or 1))
  if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
    cost = math.min(cost, (before[j - 2] or beyond) + 1)
  end
  return cost
end

-- Fills one row of the band around the diagonal, and returns its smallest value.
local function band_row(a, b, i, most, rows)
  local row, least, at = {}, most + 1, {i}
  for j = math.max(0, i - most), math.min(#b, i + most) do
    at[2] = j
    row[j] = cell(a, b, at, row, rows, most + 1)
    least = math.min(least, row[j])
  end
  return row, least
end

--- The same number if it is at most `most`, else nil. It stops as soon as that is certain.
---@param a string
---@param b string
---@param most integer
---@return integer|nil
function distance.within(a, b, most)
  if math.abs(#a - #b) > most then return nil end
  local rows, least = {{}, {}}, 0
  for j = 0, math.min(#b, most) do rows[1][j] = j end
  for i = 1, #a do
    local row, now = band_row(a, b, i, most, rows)
    if now > most and least > most then return nil end
    least = now
    rows[1], rows[2] = row, rows[1]
  end
  local slips = rows[1][#b]
  return slips and slips <= most and slips or nil
end

--- The word that was most likely meant: at most two typing errors away, in a short word one. Case does not matter.
---@param word string
---@param known string[] sorted
---@return string?
function distance.nearest(word, known)
  local best, least, lower = nil, 3, word:lower()
  for _, candidate in ipairs(known) do
    local slips = distance.within(lower, candidate:lower(), math.min(#candidate > 5 and 2 or 1, least - 1))
    if slips then best, least = candidate, slips end
  end
  return best
end

return distance
