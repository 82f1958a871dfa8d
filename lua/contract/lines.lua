-- Finds the line of a field in the text of a Lua file, for messages. It reads only as much of the language as it takes
-- to know which table each `name =` stands in.

local lines = {}

local OPENS = {["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true}
local CLOSES = {["end"] = true, ["until"] = true}

-- Where a comment or a string that begins here ends; nil if none begins here.
local function skipped(text, at)
  local level = text:match("^%-%-%[(=*)%[", at) or text:match("^%[(=*)%[", at)
  if level then
    local _, to = text:find("]" .. level .. "]", at, true)
    return to or #text
  end
  if text:find("^%-%-", at) then return (text:find("\n", at, true) or #text + 1) - 1 end
  local quote = text:match("^[\"']", at)
  if not quote then return nil end
  local from = at + 1
  while true do
    local found = text:find("[\\\n" .. quote .. "]", from)
    if not found then return #text end
    if text:sub(found, found) ~= "\\" then return found end
    from = text:find("^z%s*", found + 1) and text:match("^z%s*()", found + 1) or found + 2
  end
end

-- Iterates token, line. A string or a comment is no token of interest, and comes as "".
local function tokens(text)
  local at, line = 1, 1
  return function()
    while at <= #text do
      local from, now = at, line
      local to = skipped(text, at)
      local token = ""
      if not to then
        token = text:match("^[%a_][%w_]*", at) or text:match("^[=~<>]=", at) or text:match("^%.?%d[%w.]*", at)
          or text:sub(at, at)
        to = at + #token - 1
      end
      at = to + 1
      for _ in text:sub(from, to):gmatch "\n" do line = line + 1 end
      if not token:find "^%s" and not (token == "" and text:find("^%-%-", from)) then return token, now end
    end
  end
end

local Reader = {}
Reader.__index = Reader

function Reader:peek(ahead) return (self.list[self.at + (ahead or 0)] or {})[1] end

function Reader:line() return (self.list[self.at] or {})[2] end

function Reader:note(path)
  self.found[path] = self.found[path] or self:line()
  self.order[#self.order + 1] = {path, self:line()}
end

-- The body of a function whose first word has been read. Each table in it is a value of `path`.
function Reader:body(path)
  local depth, before = 1, nil
  while depth > 0 and self:peek() do
    local token = self:peek()
    if before == "." and self:peek(1) == "=" then self:note(token) end -- shipped.max = 2
    before = token
    self.at = self.at + 1
    if OPENS[token] then depth = depth + 1 end
    if CLOSES[token] then depth = depth - 1 end
    if token == "{" then self:table(path) end
  end
end

-- The value of `path`, up to the comma or bracket behind it.
function Reader:value(path)
  local depth = 0
  while self:peek() do
    local token = self:peek()
    if depth == 0 and (token == "," or token == ";" or token == "}") then return end
    self.at = self.at + 1
    if token == "{" then self:table(path) end
    if token == "function" then self:body(path) end
    if token == "(" then depth = depth + 1 end
    if token == ")" then depth = depth - 1 end
  end
end

function Reader:field(path, skipped_tokens)
  self:note(path)
  self.at = self.at + skipped_tokens
  self:value(path)
end

-- Lua takes no table that is nested more deeply. What seems to be one here is something else.
local DEPTH_MAX = 200

-- The fields of a table whose bracket has been read.
function Reader:table(path)
  self.depth = self.depth + 1
  if self.depth > DEPTH_MAX then self.at = #self.list + 1 end
  self:fields(path)
  self.depth = self.depth - 1
end

function Reader:fields(path)
  local count = 0
  while self:peek() do
    local token = self:peek()
    if token == "}" or token == "," or token == ";" then
      self.at = self.at + 1
      if token == "}" then return end
    elseif self:peek(1) == "=" and token:find "^[%a_]" then
      self:field(path == "" and token or path .. "." .. token, 2)
    else
      count = count + 1
      self:field(("%s[%d]"):format(path, count), 0)
    end
  end
end

-- The statements of the file. A table there has the name of its variable, and that behind `return` has none.
function Reader:statements()
  local name, before = "", nil
  while self:peek() do
    local token = self:peek()
    if token == "return" then
      self:note ""
      name = ""
    elseif token:find "^[%a_]" and not OPENS[token] and (self:peek(1) == "=" or before == ".") then
      name = token
      self:note(token)
    end
    self.at = self.at + 1
    if token == "{" then self:table(name) end
    if OPENS[token] and self:peek() and self:peek(1) == "." then -- function service.plan(view)
      self.at = self.at + 2
      name = self:peek()
      self:note(name)
    end
    if OPENS[token] then self:body(name) end
    before = token
  end
end

local last, last_text -- the file is asked for its fields one after the other

local function read(text)
  if text == last_text then return last end
  local self = setmetatable({found = {}, order = {}, list = {}, at = 1, depth = 0}, Reader)
  for token, line in tokens(text) do self.list[#self.list + 1] = {token, line} end
  self:statements()
  last, last_text = self, text
  return self
end

-- The field itself, or one of that name in some other table of the file.
local function line_of(self, path)
  if self.found[path] then return self.found[path] end
  for _, one in ipairs(self.order) do
    local ending = one[1]:sub(-#path - 1)
    if path ~= "" and (ending == "." .. path or ending == path) then return one[2] end
  end
end

--- The line of a field; that of the table around it if the field itself is not there.
---@param text string of the file
---@param path string "ready.http", "endpoints[2].methods"; "" is what the file returns
---@return integer
function lines.of(text, path)
  local self = read(text)
  repeat
    local line = line_of(self, path)
    if line then return line end
    path = path:match "^(.*)%[%d+%]$" or path:match "^(.*)%.[^.]*$" or ""
  until path == ""
  return self.found[""] or 1
end

return lines
