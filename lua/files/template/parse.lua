-- Turns the text of a template into a flat list: strings to copy, and statements {op=, path=, item=, negate=, where=}.
-- The language is described in files/template.lua.

local lpeg = require "lpeg"

local parse = {}

local CLOSERS = {["{{"] = "}}", ["{%"] = "%}", ["{#"] = "#}"}

-- The tag {at=, open=, body=} that begins at a place, and the place behind it. One that is never closed has no body.
local function tag_at(text, at)
  local open = text:sub(at, at + 1)
  local last = text:find(CLOSERS[open], at + 2, true)
  local body = last and text:sub(at + 2, last - 1)
  if not body or open ~= "{#" and body:find("\n", 1, true) then return {at = at, open = open}, at + 2 end
  return {at = at, open = open, body = body}, last + 2
end

-- Adds the tags of a line that has only block tags and comments to a list. Returns where the next line begins,
-- or nil for any other line.
local function add_bare(text, at, list)
  local found = {}
  while text:find("^{[%%#]", at) do
    local tag, after = tag_at(text, at)
    if not tag.body then return end
    found[#found + 1], at = tag, text:match("^[ \t]*()", after)
  end
  at = at > #text and at or text:match("^\r?\n()", at)
  if at then table.move(found, 1, #found, #list + 1, list) end
  return at
end

-- Strings and tags. Of a bare line, the blanks and the line break are left out.
local function tokens(text)
  local list, at, begins = {}, 1, true -- begins: a line begins there
  local open = text:find "{[{%%#]"
  while open do
    local before = text:sub(at, open - 1)
    local line = before:match "^.*\n()" or begins and 1
    local place = #list + 1
    list[place] = before
    begins = line and before:find("^[ \t]*$", line) and add_bare(text, open, list)
    at = begins
    if begins then list[place] = before:sub(1, line - 1) else list[place + 1], at = tag_at(text, open) end
    open = text:find("{[{%%#]", at)
  end
  list[#list + 1] = text:sub(at)
  return list
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
      + (op"if" + op"elseif") * condition + op"else" + op"end"),
  }
end

local statements = statement_grammar()

local HINTS = {
  ["{{"] = "write {{ name }}, {{ name.field }} or {{ raw name }}; names have letters, digits and _",
  ["{%"] = "write for NAME in PATH, if PATH, if not PATH, elseif PATH, else or end",
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
  local items, pending, locate = {}, "", locator(text)
  local function flush()
    if pending ~= "" then items[#items + 1] = pending end
    pending = ""
  end
  for _, token in ipairs(tokens(text)) do
    if type(token) == "string" then
      pending = pending .. token
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
