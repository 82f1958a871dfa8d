-- Makes the value of one YAML document from its events. Maps and sequences have a metatable for their kind. Scalars
-- stay as they are written. Aliases and merge keys are replaced by the values that they stand for. A document that
-- PyYAML's safe loader would refuse or read differently is an error.

local keys = require "lib.yaml.keys"
local tags = require "lib.yaml.tags"
local yaml11 = require "lib.yaml.yaml11"

local read = {}

local MAX_NODES, MAX_DEPTH = 1000000, 200 -- counted with all aliases expanded
local MARKS = {map = {__name = "yaml.map"}, seq = {__name = "yaml.seq"}, scalar = {__name = "yaml.scalar"}}
local SCALAR = MARKS.scalar
local PAIRED = {["tag:yaml.org,2002:omap"] = true, ["tag:yaml.org,2002:pairs"] = true}
local SAYS_NOTHING = {["!"] = true, ["tag:yaml.org,2002:map"] = true, ["tag:yaml.org,2002:seq"] = true}

local compose

-- Keeps the reason of a failure. Every function below that fails calls it and returns nothing.
local function fail(r, line, column, what)
  r.fault, r.code = ("%s:%d:%d: %s"):format(r.name, line, column, what), "EYAML"
end

--- A message of core.yaml's reader, with the document's name before it. Messages about the text begin with the place.
---@param name string
---@param message string
---@param code string
---@return string message
function read.message(name, message, code) return name .. (code == "EYAML" and ":" or ": ") .. message end

local function fail_reading(r, message, code) r.fault, r.code = read.message(r.name, message, code), code end

local function fits(r, kind, line, column, tag)
  if tags.fits(kind, tag) then return true end
  local why = tags.known(tag) and "for this kind of value" or "allowed"
  fail(r, line, column, ("the tag %s is not %s"):format(tag:sub(1, 100), why))
end

local function set_anchor(r, name, anchor, column)
  local before = r.anchors[name]
  r.anchors[name] = before or anchor
  if not before then return true end
  fail(r, anchor.line, column, ("the anchor &%s is set twice, first on line %d"):format(name:sub(1, 60), before.line))
end

-- What PyYAML makes a value of: only what has a tag or begins like a number can fail.
local function constructs(node)
  if not node.tag and (node.style ~= "plain" or not node.text:find "^[-+.0-9]") then return true end
  local _, kind = yaml11.value(node)
  return kind ~= "invalid"
end

local function compose_scalar(r, line, column, tag, anchor, text, style)
  if tag == "!" then
    local kind = yaml11.resolve(text)
    if kind == "merge" or kind == "value" or text:find "[\r\n]" then
      return fail(r, line, column, "the tag ! is not allowed here, use !!str")
    end
    -- PyYAML reads ! "1" as a number, but by YAML it is text.
    if kind ~= "str" then style = "plain" end
    tag = nil
  elseif tag and not fits(r, "scalar", line, column, tag) then
    return
  end
  local node = setmetatable({text = text, style = style, line = line, column = column, tag = tag}, SCALAR)
  if not constructs(node) then
    return fail(r, line, column, ("%s is no %s"):format(text:sub(1, 60), yaml11.kind(node)))
  end
  if anchor and not set_anchor(r, anchor, {node = node, line = line}, column) then return end
  return node, 1, 0
end

-- A scalar is copied, so that messages name the place of the alias. Any other value is shared.
local function compose_alias(r, line, column, name)
  local anchor = r.anchors[name]
  if anchor and anchor.open and r.warnings then
    -- PyYAML makes a value of it that holds itself, which nothing of ours could go through.
    r.warnings[#r.warnings + 1] = {line = line, column = column,
      what = ("the alias *%s stands inside of what it names"):format(name:sub(1, 60))}
    return setmetatable({text = "null", style = "plain", line = line, column = column}, SCALAR), 1, 0
  elseif not anchor or anchor.open then
    local why = anchor and "is used inside the value that it stands for" or "names an anchor that is not set above"
    return fail(r, line, column, ("the alias *%s %s"):format(name:sub(1, 60), why))
  end
  local node = anchor.node
  if getmetatable(node) ~= SCALAR then return node, anchor.weight, anchor.height end
  local copy = {text = node.text, style = node.style, line = line, column = column, tag = node.tag}
  return setmetatable(copy, SCALAR), 1, 0
end

-- PyYAML refuses << and = as values.
local function check_value(r, node, line, column)
  local text = node.text
  if getmetatable(node) == SCALAR and (text == "<<" or text == "=") and node.style == "plain" and not node.tag then
    return fail(r, line, column, "this needs quotes where it is not a key")
  end
  return true
end

local function check_paired(r, node, line, column)
  if getmetatable(node).__name == "yaml.map" then
    local first = next(node)
    if first ~= nil and next(node, first) == nil then return true end
  end
  return fail(r, line, column, "!!omap and !!pairs take mappings with one key")
end

-- Adds one child to the number of nodes and levels of its parent, with aliases expanded.
local function grow(r, line, column, weight, height, more, high)
  weight = weight + more
  if weight > MAX_NODES then return fail(r, line, column, "the document is too large once its aliases are expanded") end
  if high < height then return weight, height end
  if high >= MAX_DEPTH then return fail(r, line, column, "nested too deeply") end
  return weight, high + 1
end

local function fill_seq(r, items, paired)
  local count, weight, height = 0, 1, 1
  while true do
    local kind, line, column, tag, anchor, text, style = r.reader:next()
    if not kind then return fail_reading(r, line, column) end
    if kind == "seq_end" then return weight, height end
    local node, more, high = compose(r, kind, line, column, tag, anchor, text, style)
    if not node or paired and not check_paired(r, node, line, column) or not check_value(r, node, line, column) then
      return
    end
    weight, height = grow(r, line, column, weight, height, more, high)
    if not weight then return end
    count = count + 1
    items[count] = node
  end
end

local function fill_map(r, map)
  local names, values, count, weight, height = {}, {}, 0, 1, 1
  while true do
    local kind, line, column, tag, anchor, text, style = r.reader:next()
    if not kind then return fail_reading(r, line, column) end
    if kind == "map_end" then break end
    local is_key = #names == count
    local node, more, high = compose(r, kind, line, column, tag, anchor, text, style)
    if not node then return end
    if is_key and getmetatable(node) ~= SCALAR then
      return fail(r, line, column, "a mapping or a list cannot be a key")
    end
    if not is_key and not check_value(r, node, line, column) then return end
    weight, height = grow(r, line, column, weight, height, more, high)
    if not weight then return end
    if is_key then
      names[count + 1] = node
    else
      count = count + 1
      values[count] = node
    end
  end
  local fault = keys.settle(map, names, values, r.warnings)
  if fault then return fail(r, fault.line, fault.column, fault.what) end
  return weight, height
end

local function compose_collection(r, kind, line, column, tag, name)
  if tag and tag ~= "!" and not fits(r, kind, line, column, tag) then return end
  local mark = MARKS[kind]
  if tag and not SAYS_NOTHING[tag] then mark = {__name = mark.__name, tag = tag} end
  local node = setmetatable({}, mark)
  local anchor = name and {node = node, line = line, open = true}
  if anchor and not set_anchor(r, name, anchor, column) then return end
  r.lines[node] = line
  local weight, height
  if kind == "map" then weight, height = fill_map(r, node) else weight, height = fill_seq(r, node, PAIRED[tag]) end
  if not weight then return end
  if anchor then anchor.open, anchor.weight, anchor.height = false, weight, height end
  return node, weight, height
end

function compose(r, kind, line, column, tag, anchor, text, style)
  if kind == "scalar" then return compose_scalar(r, line, column, tag, anchor, text, style) end
  if kind == "alias" then return compose_alias(r, line, column, anchor) end
  return compose_collection(r, kind, line, column, tag, anchor)
end

local function compose_root(r)
  local kind, line, column, tag, anchor, text, style = r.reader:next()
  if not kind then return fail_reading(r, line, column) end
  local node = compose(r, kind, line, column, tag, anchor, text, style)
  if not node or not check_value(r, node, line, column) then return end
  kind, line, column = r.reader:next() -- "done"
  if not kind then return fail_reading(r, line, column) end
  return node
end

--- The value of the document whose events a reader of core.yaml gives; or nil, a message that begins with
--- "NAME:line:column: ", and the name of the error.
---@param reader userdata
---@param name string of the document, for messages
---@param warn boolean whether a key given twice is a warning, and the last wins
---@return any value
---@return {warnings: table[], lines: table<table, integer>}|string info or message
---@return string? code
function read.value(reader, name, warn)
  local r = {reader = reader, name = name, anchors = {}, lines = {}, warnings = warn and {} or nil}
  local value = compose_root(r)
  if value == nil then return nil, r.fault, r.code end
  return value, {warnings = r.warnings or {}, lines = r.lines}
end

return read
