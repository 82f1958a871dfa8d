-- Turns a value into the events of a YAML document, with sorted keys. PyYAML reads back the same value. Kept scalars
-- are written as they were if that is safe.

local later = require "lib.later"
local keys = later "lib.yaml.keys" ---@module "lib.yaml.keys"
local style = require "lib.yaml.style"
local tags = require "lib.yaml.tags"
local yaml11 = require "lib.yaml.yaml11"

local write = {}

local MAX_NODES, MAX_DEPTH = 1000000, 200
local KINDS = {["yaml.map"] = "map", ["yaml.seq"] = "seq", ["yaml.scalar"] = "scalar"}
local STYLES = {plain = true, single = true, double = true, literal = true, folded = true}

local write_value

-- The path of the value, shortened for a message.
local function path_of(w)
  local path = ""
  for at = 1, w.depth do
    local step = w.path[at]
    if type(step) == "number" then
      path = path .. "[" .. step .. "]"
    else
      path = (path ~= "" and path .. "." or "") .. step:gsub("[^ -~]", "?")
    end
  end
  return path ~= "" and path:sub(1, 199) or "the value"
end

-- Keeps the reason of a failure. Every function below returns true, or calls it and returns nothing.
local function fail(w, what, code)
  w.fault, w.code = path_of(w) .. ": " .. what, code or "EYAML"
end

local function put(w, kind, tag, text, written)
  local ok, message, code = w.writer:put(kind, tag, text, written)
  if ok then return true end
  return fail(w, message, code)
end

local function fail_tag(w, tag) return fail(w, ("the tag %s cannot be written here"):format(tag:sub(1, 100))) end

local function write_string(w, text)
  if style.is_plain(text) then return put(w, "scalar", nil, text, "plain") end
  if not utf8.len(text) then return fail(w, "not valid UTF-8") end
  return put(w, "scalar", nil, text, "double")
end

-- The error in a kept scalar, or nil.
local function scalar_fault(node)
  if type(node.text) ~= "string" then return "a scalar without text" end
  if node.style ~= nil and not STYLES[node.style] then return "a scalar with an unknown style" end
end

-- Text and tag of a plain scalar that has no tag. Nothing if it cannot be written.
local function untagged(text, is_key)
  local kind = yaml11.resolve(text)
  if kind == "merge" or kind == "value" then return nil end
  if is_key and text == "" then return "null" end -- for an empty key libyaml would write ''
  -- If it needs quotes, the tag keeps the kind.
  return text, kind ~= "str" and not style.is_simple_line(text) and tags.full(kind) or nil
end

local function write_scalar(w, node, is_key)
  local what = scalar_fault(node)
  if what then return fail(w, what) end
  local text, tag, written = node.text, node.tag, node.style or "plain"
  if not utf8.len(text) then return fail(w, "not valid UTF-8") end
  if tag and not tags.fits("scalar", tag) then return fail_tag(w, tag) end
  if not tag and written == "plain" then
    text, tag = untagged(text, is_key)
    if not text then return fail(w, ("a plain %s cannot be written"):format(node.text)) end
  end
  return put(w, "scalar", tag, text, style.safe(written, text, is_key))
end

local function is_scalar(value)
  local mt = type(value) == "table" and getmetatable(value)
  return type(mt) == "table" and mt.__name == "yaml.scalar"
end

-- The text by which a key is sorted and shown, and whether it is a string. Nothing if it cannot be a key.
local function read_key(w, key)
  if type(key) == "string" then return key, true end
  local what = "a key that is neither text nor a scalar"
  if is_scalar(key) then what = scalar_fault(key) end
  if what then return fail(w, what) end
  local is_string = keys.is_string(key)
  if key.text == "" and not is_string and not key.tag then return "null", false end -- as it is written
  return key.text, is_string
end

local function before(a, b)
  if a.text ~= b.text then return a.text < b.text end
  return not a.is_string and b.is_string
end

-- The sorted keys of a map whose keys are all strings, as in most maps. Nothing if a key is no string.
local function sorted_names(map)
  local names, count = {}, 0
  for key in next, map do
    if type(key) ~= "string" then return nil end
    count = count + 1
    names[count] = key
  end
  table.sort(names)
  return names
end

-- The keys in order, and the texts by which they are shown.
local function sorted_keys(w, map)
  local entries, sorted, texts = {}, {}, {}
  for key in next, map do
    local text, is_string = read_key(w, key)
    if not text then return nil end
    entries[#entries + 1] = {key = key, text = text, is_string = is_string}
  end
  table.sort(entries, before)
  for at, entry in ipairs(entries) do
    local last = entries[at - 1]
    if last and last.text == entry.text and last.is_string == entry.is_string then
      w.depth = w.depth + 1
      w.path[w.depth] = entry.text
      return fail(w, "given twice, as text or as a scalar")
    end
    sorted[at], texts[at] = entry.key, entry.text
  end
  return sorted, texts
end

-- Begins a map or sequence, with its tag.
local function begin(w, kind, value, empty)
  local tag = (getmetatable(value) or {}).tag
  if type(tag) ~= "string" then tag = nil end
  if tag and not tags.fits(kind, tag) then return fail_tag(w, tag) end
  return put(w, kind, tag, empty)
end

local function write_map(w, map)
  local sorted = sorted_names(map)
  local texts = sorted
  if not sorted then
    sorted, texts = sorted_keys(w, map)
    if not sorted then return end
  end
  if not begin(w, "map", map, #sorted == 0) then return end
  local depth = w.depth + 1
  for at = 1, #sorted do
    local key = sorted[at]
    w.depth, w.path[depth] = depth, texts[at]
    local ok
    if type(key) == "string" then ok = write_string(w, key) else ok = write_scalar(w, key, true) end
    if not ok or not write_value(w, map[key]) then return end
  end
  w.depth = depth - 1
  return put(w, "map_end")
end

local function write_seq(w, seq)
  local count, highest = 0, 0
  for key in next, seq do
    if math.type(key) ~= "integer" or key < 1 then return fail(w, "a sequence with a key that is not an index") end
    count, highest = count + 1, math.max(highest, key)
  end
  if highest ~= count then return fail(w, "a sequence with holes") end
  if not begin(w, "seq", seq, count == 0) then return end
  local depth = w.depth + 1
  for at = 1, count do
    w.depth, w.path[depth] = depth, at
    if not write_value(w, seq[at]) then return end
  end
  w.depth = depth - 1
  return put(w, "seq_end")
end

-- "map", "seq", "scalar", or nil: the metatable is of another kind.
local function kind_of(value)
  local mt = getmetatable(value)
  if mt == nil then return rawget(value, 1) == nil and "map" or "seq" end
  return type(mt) == "table" and KINDS[rawget(mt, "__name")] or nil
end

local function write_table(w, value)
  local kind = kind_of(value)
  if not kind then return fail(w, "a table with a metatable that is not YAML's") end
  if kind == "scalar" then return write_scalar(w, value, false) end
  if w.open[value] then return fail(w, "a table that contains itself") end
  if w.depth >= MAX_DEPTH then return fail(w, "nested too deeply") end
  w.open[value] = true
  if kind == "map" then
    if not write_map(w, value) then return end
  elseif not write_seq(w, value) then
    return
  end
  w.open[value] = nil
  return true
end

local writers = {
  table = write_table,
  string = write_string,
  boolean = function(w, value) return put(w, "scalar", nil, tostring(value), "plain") end,
  number = function(w, value)
    return put(w, "scalar", nil, math.type(value) == "integer" and tostring(value) or style.float(value), "plain")
  end,
}

function write_value(w, value)
  w.nodes = w.nodes + 1
  if w.nodes > MAX_NODES then return fail(w, "too many values") end
  local writer = writers[type(value)]
  if not writer then return fail(w, "a " .. type(value)) end
  return writer(w, value)
end

--- Sends the events of `value` to a writer of core.yaml. Returns true; or nil, a message that begins with the path of
--- the wrong part, and the name of the error.
---@param writer userdata
---@param value any
---@return true?
---@return string? message
---@return string? code
function write.value(writer, value)
  local w = {writer = writer, path = {}, depth = 0, nodes = 0, open = {}}
  if write_value(w, value) then return true end
  return nil, w.fault, w.code
end

return write
