-- Turns the text of a template into a flat list: strings to copy, and statements {op=, path=, item=, negate=, at=}.
-- The language is described in files/template.lua.

local lpeg = require "lpeg"

local parse = {}

local CLOSERS = {["{{"] = "}}", ["{%"] = "%}", ["{#"] = "#}"}

-- The two kinds of statements, each between its marks. `at` is the offset of the tag.
local function statement_grammar()
  local R, S, C, Cc, Cg, Cp, Ct = lpeg.R, lpeg.S, lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Cp, lpeg.Ct
  local space, letter = S" \t", R("az", "AZ") + "_"
  local gap = space ^ 1
  local rest = (letter + R"09") ^ 0
  local reserved = lpeg.P"raw" + "not" + "in" + "for" + "if" + "elseif" + "else" + "end"
  local name = C(letter * rest)
  local free = name - reserved * -(letter + R"09")
  local path = Cg(Ct(free * ("." * name) ^ 0), "path")
  local condition = gap * ("not" * gap * Cg(Cc(true), "negate")) ^ -1 * path
  local function op(word) return Cg(C(word), "op") end
  local function whole(open, statement)
    return Ct(Cg(Cp(), "at") * open * space ^ 0 * statement * space ^ 0 * CLOSERS[open])
  end
  return whole("{{", op"raw" * gap * path + Cg(Cc"put", "op") * path),
    whole("{%", op"for" * gap * Cg(free, "item") * gap * "in" * gap * path
      + (op"if" + op"elseif") * condition + op"else" + op"end" + op"slot" * gap * Cg(name, "name"))
end

-- Strings, a table for each statement, and {at=, open=, body=} for a tag that is none. A tag that is never closed has
-- no body. A line is `bare` if it has only block tags and comments. Its blanks and its line break are then left out.
-- The grammar looks for single characters, because LPeg skips over these quickly.
local function token_grammar()
  local P, S, C, Cg, Cp, Ct = lpeg.P, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Cp, lpeg.Ct
  local lf, blank = P"\n", S" \t"
  local open = "{" * S"{%#"
  -- Everything up to the closing mark. Its first character may stand alone; `ends` are characters that end the search.
  local function upto(close, ends)
    local first = close:sub(1, 1)
    return ((1 - S(first .. ends)) ^ 1 + first * -P(close:sub(2))) ^ 0
  end
  local function other(mark)
    return Ct(Cg(Cp(), "at") * Cg(C(mark), "open") * Cg(C(upto(CLOSERS[mark], "\n")), "body") * CLOSERS[mark])
  end
  local put, block = statement_grammar()
  local comment = "{#" * upto("#}", "") * "#}"
  local unclosed = Ct(Cg(Cp(), "at") * Cg(C(open), "open"))
  local silent = block + other "{%" + comment
  local bare = blank ^ 0 * (silent * blank ^ 0) ^ 1 * (P"\r" ^ -1 * lf + -1)
  local text = (1 - S"{\n") ^ 1 + P"{" * -S"{%#"
  local piece = C(text ^ 1) + put + silent + other "{{" + unclosed
  return Ct((C((text ^ 0 * lf) ^ 1) + bare + piece ^ 0 * C(lf) + piece ^ 1) ^ 0) * -1
end

local tokens = token_grammar()

local HINTS = {
  ["{{"] = "write {{ name }}, {{ name.field }} or {{ raw name }}; names have letters, digits and _",
  ["{%"] = "write for NAME in PATH, if PATH, if not PATH, elseif PATH, else, end or slot NAME",
}

--- Turns the offset of a tag into "line:column". Only a problem asks for it.
---@param text string
---@param at integer
---@return string
function parse.place(text, at)
  local line, start = 1, 1
  for after in text:sub(1, at - 1):gmatch "\n()" do line, start = line + 1, after end
  return ("%d:%d"):format(line, at - start + 1)
end

-- What is wrong with a tag, and what to do.
local function explain(tag)
  local open, close = tag.open, CLOSERS[tag.open]
  if tag.body then return ("unknown tag %s%s%s"):format(open, tag.body, close), HINTS[open] end
  return ("%s without %s"):format(open, close), open == "{#"
    and "close the comment; a literal {# must be inserted as raw text" or "close the tag by " .. close .. " on its line"
end

--- Returns the list, or nil and the first error as offset, what, hint.
---@param text string
---@return table[]? items
---@return integer? at
---@return string? what
---@return string? hint
function parse.text(text)
  local items, pending = {}, {}
  local function flush()
    if pending[1] then items[#items + 1] = table.concat(pending) end
    pending = {}
  end
  for _, token in ipairs(assert(tokens:match(text))) do
    if type(token) == "string" then
      pending[#pending + 1] = token
    elseif token.op then
      flush()
      items[#items + 1] = token
    else
      return nil, token.at, explain(token)
    end
  end
  flush()
  return items
end

return parse
