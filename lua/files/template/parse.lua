-- Turns the text of a template into a flat list: strings to copy, and statements {op=, path=, item=, negate=, where=}.
-- The language is described in files/template.lua.

local lpeg = require "lpeg"

local parse = {}

local CLOSERS = {["{{"] = "}}", ["{%"] = "%}", ["{#"] = "#}"}

-- Strings, and {at=, open=, body=} for each tag. A tag that is never closed has no body. A line is `bare` if it has
-- only block tags and comments. Its blanks and its line break are then left out.
local function token_grammar()
  local P, S, C, Cg, Cp, Ct = lpeg.P, lpeg.S, lpeg.C, lpeg.Cg, lpeg.Cp, lpeg.Ct
  local lf, blank = P"\n", S" \t"
  local function tag(open, within)
    local close = P(CLOSERS[open])
    return Ct(Cg(Cp(), "at") * Cg(C(open), "open") * Cg(C((within - close) ^ 0), "body") * close)
  end
  local open = P"{{" + "{%" + "{#"
  local unclosed = Ct(Cg(Cp(), "at") * Cg(C(open), "open"))
  local silent = tag("{%", 1 - lf) + tag("{#", P(1))
  local bare = blank ^ 0 * (silent * blank ^ 0) ^ 1 * (P"\r" ^ -1 * lf + -1)
  local piece = C((1 - open - lf) ^ 1) + silent + tag("{{", 1 - lf) + unclosed
  return Ct((bare + piece ^ 0 * C(lf) + piece ^ 1) ^ 0) * -1
end

local function statement_grammar()
  local R, S, C, Cc, Cg, Ct = lpeg.R, lpeg.S, lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Ct
  local space, letter = S" \t", R("az", "AZ") + "_"
  local gap = space ^ 1
  local rest = (letter + R"09") ^ 0
  local reserved = lpeg.P"raw" + "not" + "in" + "for" + "if" + "elseif" + "else" + "end"
  local name = C(letter * rest)
  local free = name - reserved * -(letter + R"09")
  local path = Cg(Ct(free * ("." * name) ^ 0), "path")
  local condition = gap * ("not" * gap * Cg(Cc(true), "negate")) ^ -1 * path
  local function op(word) return Cg(C(word), "op") end
  local function whole(statement) return space ^ 0 * Ct(statement) * space ^ 0 * -1 end
  return {
    ["{{"] = whole(op"raw" * gap * path + Cg(Cc"put", "op") * path),
    ["{%"] = whole(op"for" * gap * Cg(free, "item") * gap * "in" * gap * path
      + (op"if" + op"elseif") * condition + op"else" + op"end" + op"slot" * gap * Cg(name, "name")),
  }
end

local tokens, statements = token_grammar(), statement_grammar()

local HINTS = {
  ["{{"] = "write {{ name }}, {{ name.field }} or {{ raw name }}; names have letters, digits and _",
  ["{%"] = "write for NAME in PATH, if PATH, if not PATH, elseif PATH, else, end or slot NAME",
}

-- A function that turns offsets, given in rising order, into "line:column".
local function locator(text)
  local line, start, stop = 1, 1, text:find("\n", 1, true)
  return function(at)
    while stop and stop < at do
      line, start = line + 1, stop + 1
      stop = text:find("\n", start, true)
    end
    return ("%d:%d"):format(line, at - start + 1)
  end
end

--- Returns the list, or nil and the first error as "line:column", what, hint.
---@param text string
---@return table[]? items
---@return string? where
---@return string? what
---@return string? hint
function parse.text(text)
  local items, pending, locate = {}, {}, locator(text)
  local function flush()
    if pending[1] then items[#items + 1] = table.concat(pending) end
    pending = {}
  end
  for _, token in ipairs(assert(tokens:match(text))) do
    if type(token) == "string" then
      pending[#pending + 1] = token
    elseif not token.body then
      local close = CLOSERS[token.open]
      return nil, locate(token.at), ("%s without %s"):format(token.open, close),
        token.open == "{#" and "close the comment; a literal {# must be inserted as raw text"
        or "close the tag by " .. close .. " on its line"
    elseif token.open ~= "{#" then
      local statement, where = statements[token.open]:match(token.body), locate(token.at)
      if not statement then
        return nil, where, ("unknown tag %s%s%s"):format(token.open, token.body, CLOSERS[token.open]), HINTS[token.open]
      end
      flush()
      statement.where = where
      items[#items + 1] = statement
    end
  end
  flush()
  return items
end

return parse
