-- Parses the text of SYNAPSE_WORKER_TYPES into items. Each part keeps its position:
--   list = item *("," item)    item = [name "="] type *("+" type) [":" count]    blanks may surround each part

local lpeg = require "lpeg"
local once = require "lib.once"

local grammar = {}

---@class Word
---@field at integer byte where it begins
---@field text string

---@class WrittenItem
---@field at integer
---@field name? Word
---@field types Word[] at least one, whose text may be empty
---@field count? Word
---@field stray? Word an unexpected sign, with the text behind it

local pattern = once(function()
  local P, S, C, Cg, Cp, Ct = lpeg.P, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Cp, lpeg.Ct
  local blanks = S" \t\r\n" ^ 0
  -- A word ends at one of the signs. Its content is checked later.
  local function word(signs)
    local inner = 1 - (S" \t\r\n" + S(signs))
    local text = C((inner + S" \t\r\n" * #(blanks * inner)) ^ 0)
    return Ct(blanks * Cg(Cp(), "at") * Cg(text, "text") * blanks)
  end
  local name = Cg(word ",:=", "name") * "="
  local kind = word ",:=+"
  local types = Cg(Ct(kind * ("+" * kind) ^ 0), "types")
  local count = ":" * Cg(word ",:+", "count")
  local stray = Cg(Ct(Cg(Cp(), "at") * Cg(C((1 - P",") ^ 1), "text")), "stray")
  local item = Ct(blanks * Cg(Cp(), "at") * name ^ -1 * types * count ^ -1 * stray ^ -1)
  return Ct(item * ("," * item) ^ 0) * -1
end)

--- The items of a text.
---@param text string
---@return WrittenItem[]
function grammar.read(text) return (assert(pattern():match(text), "the grammar takes any text")) end

return grammar
