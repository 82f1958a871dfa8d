-- How far one word is from another, for "did you mean".

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

--- The word that was most likely meant: at most two typing errors away, in a short word one. Case does not matter.
---@param word string
---@param known string[] sorted
---@return string?
function distance.nearest(word, known)
  local best, least = nil, 3
  for _, candidate in ipairs(known) do
    if math.abs(#candidate - #word) < least then
      local slips = distance.of(word:lower(), candidate)
      if slips <= (#candidate > 5 and 2 or 1) and slips < least then best, least = candidate, slips end
    end
  end
  return best
end

return distance
