-- Turns SYNAPSE_WORKER_TYPES into the list of workers, or into the list of all its faults, each with its column.

local distance = require "lib.distance"
local grammar = require "settings.worker_list.grammar"
local limits = require "settings.worker_list.limits"
local presets = require "settings.worker_list.presets"
local tables = require "lib.tables"
local words = require "lib.text"

local workers = {}

---@class Worker
---@field name string "typing1"
---@field base string "typing"
---@field types string[] sorted, without shorthands

---@class Workers: Worker[] in the order of the text
---@field notes string[] hints that are no faults

local MOST = 500
local LONGEST = 200 -- bytes; the names of a worker's files contain its name

local Reader = {}
Reader.__index = Reader

function Reader:fault(at, what, hint)
  local column = utf8.len(self.text, 1, at - 1, true) + 1
  self.faults[#self.faults + 1] = {at = at, what = ("column %d: %s"):format(column, what), hint = hint}
end

function Reader:expand(name, into)
  for _, part in ipairs(presets.shorthands[name] or {}) do self:expand(part, into) end
  if not presets.shorthands[name] then into[name] = true end
end

local function is_known(reader, name) return reader.types[name] or presets.shorthands[name] end

local function unknown_type(reader, word)
  local known = tables.copy(reader.types)
  for _, more in ipairs {presets.shorthands, presets.lists, {auto = true}} do
    for name in pairs(more) do known[name] = true end
  end
  local meant = distance.nearest(word.text, tables.keys(known))
  local hint = meant and ("write %s; types are in lower case"):format(meant)
    or "the types are " .. table.concat(tables.keys(known), ", ")
  reader:fault(word.at, ("no worker type is called %s%s"):format(words.shown(word.text),
    meant and "; did you mean " .. meant .. "?" or ""), hint)
end

local function empty_type(reader, item, word)
  if #item.types > 1 then
    reader:fault(word.at, "there is no type beside the +", "write TYPE+TYPE")
  elseif item.name then
    reader:fault(word.at, "there is no type after the =", "write NAME=TYPE")
  elseif item.count then
    reader:fault(word.at, "there is no type before the :", "write TYPE:COUNT")
  else
    reader:fault(word.at, "there is no item between the commas", "write one comma between two items, none at the ends")
  end
end

local function read_types(reader, item)
  local written, expanded, sound = {}, {}, true
  for _, word in ipairs(item.types) do
    if word.text == "" then
      empty_type(reader, item, word)
      sound = false
    elseif presets.lists[word.text] or word.text == "auto" then
      reader:fault(word.at, ("%s stands for several items and takes no name, + or count"):format(word.text),
        ("write %s as an item of its own"):format(word.text))
      sound = false
    elseif not is_known(reader, word.text) then
      unknown_type(reader, word)
      sound = false
    else
      written[word.text] = true
      reader:expand(word.text, expanded)
    end
  end
  if sound then return tables.keys(written), tables.keys(expanded) end
end

local function read_name(reader, item)
  local word = item.name
  if not word or (word.text:find "^[%w_+-]*[%a_+-]$") then return word and word.text, true end
  local what = "a name has letters, digits, _, + and -, and no digit at its end"
  if word.text == "" then what = "there is no name before the =" end
  reader:fault(word.at, what, "write NAME=TYPE, such as sync=synchrotron")
end

local function read_count(reader, item)
  local word = item.count
  if not word then return 1, true end
  local count = word.text:find "^%d+$" and math.tointeger(tonumber(word.text))
  if not count then
    if word.text == "" and item.stray then return end -- already reported
    reader:fault(word.at, ("%s is no number of workers"):format(words.shown(word.text)),
      "write digits after the colon, such as synchrotron:2")
  elseif count > MOST then
    reader:fault(word.at, ("at most %d workers can run"):format(MOST), "write a smaller number")
  else
    if count == 0 then reader.notes[#reader.notes + 1] = ("%s:0 runs none"):format(item.types[1].text) end
    return count, true
  end
end

local SIGNS = {
  ["="] = {"a second = in one item", "write [NAME=]TYPE[+TYPE][:COUNT]"},
  ["+"] = {"types after the count", "write the count last: TYPE+TYPE:COUNT"},
  [":"] = {"a second : in one item", "write one count: TYPE:COUNT"},
}

-- A name belongs to one set of types, in whatever order these are written.
local function claim_name(reader, item, base, types)
  local key = table.concat(types, "+")
  local before = reader.bases[base]
  if before and before.key ~= key then
    reader:fault(item.at, ("the name %s stands for %s already"):format(base, before.key),
      "give the item another name: NAME=TYPE")
    return false
  end
  reader.bases[base] = before or {key = key}
  return true
end

-- Skips numbers that are taken, because the same types may be written in several ways.
local function next_name(reader, base, key)
  local name
  repeat
    reader.numbers[key] = (reader.numbers[key] or 0) + 1
    name = base .. reader.numbers[key]
  until not reader.taken[name]
  reader.taken[name] = true
  return name
end

local function add_item(reader, item)
  if item.stray then
    local sign = SIGNS[item.stray.text:sub(1, 1)]
    reader:fault(item.stray.at, sign[1], sign[2])
  end
  local name, name_ok = read_name(reader, item)
  local count, count_ok = read_count(reader, item)
  local written, types = read_types(reader, item)
  if not (written and name_ok and count_ok) or item.stray then return end
  local base = name or table.concat(written, "+")
  if not claim_name(reader, item, base, types) then return end
  -- The number counts over all items of the same types, as in realtyem/synapse-workers: a=x, b=x gives a1 and b2.
  local key = table.concat(written, "+")
  for _ = 1, count do
    local own = next_name(reader, base, key)
    if #own > LONGEST then
      return reader:fault(item.at, ("the worker's name would have %d bytes, at most %d can be"):format(#own, LONGEST),
        "give the item a shorter name: NAME=TYPE+TYPE")
    end
    reader.workers[#reader.workers + 1] = {name = own, base = base, types = types, at = item.at}
  end
end

local function preset_of(reader, item)
  local word = item.types[1].text
  if item.name or item.count or item.stray or #item.types > 1 then return end
  if word == "auto" then
    local chosen = presets.auto(reader.host)
    reader.notes[#reader.notes + 1] = chosen and "auto stands for " .. chosen .. " here"
      or "auto runs the main process only here"
    return chosen and presets.lists[chosen] or ""
  end
  return presets.lists[word]
end

-- Gives the items of a preset the preset's position, for messages.
local function put_at(item, place)
  item.at = place
  for _, word in ipairs(item.types) do word.at = place end
end

local function add_list(reader, text, place)
  if not text:find "%S" then return end
  for _, item in ipairs(grammar.read(text)) do
    local list = not place and preset_of(reader, item)
    if place then put_at(item, place) end
    if list then add_list(reader, list, item.at) else add_item(reader, item) end
  end
end

local function by_place(a, b)
  if a.at ~= b.at then return a.at < b.at end
  return a.what < b.what
end

--- Reads the workers of a text.
---@param text string
---@param types table<string, WorkerType>
---@param host {cpus: integer, memory?: integer}
---@return Workers|nil
---@return {what: string, hint: string}[] faults
function workers.read(text, types, host)
  local reader = setmetatable({
    text = text, types = types, host = host, faults = {}, notes = {}, workers = {}, bases = {}, numbers = {},
    taken = {},
  }, Reader)
  add_list(reader, text)
  limits.check(reader, MOST)
  table.sort(reader.faults, by_place)
  if #reader.faults > 0 then return nil, reader.faults end
  for _, worker in ipairs(reader.workers) do worker.at = nil end
  reader.workers.notes = reader.notes
  return reader.workers, {}
end

return workers
