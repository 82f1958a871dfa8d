-- What the admin adds to a template by its slots. Each piece becomes a file beside the generated one, which includes
-- it. So the service reads a piece by its own rules: a brace too many in it closes no block of ours, and an error names
-- the piece and its line. Prometheus includes only rules, so other pieces for it stand in the generated file itself.

local octal = require "lib.octal"
local known = require "contract.slots"
local quote = require "files.quote"
local tables = require "lib.tables"

local slots = {}

---@class Inside a piece that stands in a generated file
---@field from string the admin's file
---@field above string the line above it
---@field text string

---@class SlotPlace where the pieces of a template lie
---@field base string
---@field path string a directory below it
---@field uid integer
---@field gid integer

-- The line by which each format reads another file; all of them have comments that begin with #.
local INCLUDES = {nginx = "include %s;\n", postgresql = "include %s\n", redis = "include %s\n", yaml = "- %s\n"}
-- Blanks before these lines, by slot.
local INDENT = {http = "    ", server = "        ", location = "        ", rules = "  "}
-- A path with one of these is a pattern to nginx, Redis and Prometheus.
local PATTERN = {nginx = "[*?%[]", redis = "[*?%[]", postgresql = "[*?%[]", yaml = "[*?%[\\]"}

local function pieces_of(view, template) return (view.input.pieces or {})[template] or {} end

-- A template with one slot has no directory for each.
local function below(place, by_slot, slot)
  return next(by_slot, next(by_slot)) and place.path .. "/" .. slot or place.path
end

--- The directories for the pieces of a template; none where there is no piece.
---@param view View
---@param template string
---@param place SlotPlace
---@return table[]
function slots.directories(view, template, place)
  local list, by_slot = {}, pieces_of(view, template)
  local function add(path)
    list[#list + 1] = {base = place.base, path = path, mode = octal "0750", uid = place.uid, gid = place.gid}
  end
  for slot, pieces in tables.sorted(by_slot) do
    if #pieces > 0 and not pieces[1].inside then
      if not list[1] then add(place.path) end
      if below(place, by_slot, slot) ~= place.path then add(below(place, by_slot, slot)) end
    end
  end
  return list
end

--- Whether a piece in a slot begins a line with this directive.
---@param view View
---@param template string
---@param slot string
---@param directive string
---@return boolean
function slots.says(view, template, slot, directive)
  for _, piece in ipairs(pieces_of(view, template)[slot] or {}) do
    if ("\n" .. piece.text):find("\n%s*" .. directive .. "%s") then return true end
  end
  return false
end

--- Whether the admin adds anything to a template.
---@param view View
---@param template string
---@return boolean
function slots.has_pieces(view, template) return next(pieces_of(view, template)) ~= nil end

local function include(format, path)
  local word, why = quote[format](path, " ")
  if word and path:find(PATTERN[format]) then
    word, why = nil, "has a character that stands for others in an include"
  end
  return word and INCLUDES[format]:format(word), why
end

--- The text of each slot of a template, and the files that these texts include.
---@param view View
---@param template string
---@param format string
---@param place SlotPlace
---@return table<string, string> texts by slot
---@return File[]
---@return Problem[]
---@return Inside[] what stands in the text itself
function slots.fill(view, template, format, place)
  local texts, files, problems, inside, by_slot = {}, {}, {}, {}, pieces_of(view, template)
  for slot, pieces in tables.sorted(by_slot) do
    local lines, indent = {}, INDENT[slot] or ""
    for _, piece in ipairs(pieces) do
      local path = below(place, by_slot, slot) .. "/" .. piece.name
      local line, why = include(format, place.base .. "/" .. path)
      if piece.inside then
        lines[#lines + 1] = ("%s# %s\n%s"):format(indent, quote.log(piece.path), piece.inside)
        inside[#inside + 1] = {from = piece.path, above = lines[#lines]:match "[^\n]*\n", text = piece.inside}
      elseif line then
        lines[#lines + 1] = ("%s# %s\n%s%s"):format(indent, quote.log(piece.path), indent, line)
        files[#files + 1] = {base = place.base, path = path, bytes = piece.text, mode = octal "0640", uid = place.uid,
          gid = place.gid, from = piece.path}
      else
        problems[#problems + 1] = {where = piece.path, what = ("its copy cannot be included as %s: that %s"):format(
          place.base .. "/" .. path, why), hint = "give the file, or the runtime directory, another name"}
      end
    end
    texts[slot] = table.concat(lines)
  end
  return texts, files, problems, inside
end

local function without_slot(view, template, slot)
  local path = view.input.templates[template].path
  return ("has no effect: %s has no slot %s"):format(path, slot),
    ("add the line {%% slot %s %%} to it"):format(slot)
end

--- Warnings about pieces that no file includes.
---@param view View
---@param used table<string, table<string, boolean>> the slots of each template that was used
---@return Problem[]
function slots.unused(view, used)
  local list = {}
  for template, service in tables.sorted(known.SERVICES) do
    for slot, pieces in tables.sorted(view.catalog[service] and pieces_of(view, template) or {}) do
      local what, hint
      if not used[template] then
        what, hint = ("has no effect: no service here has a %s"):format(template),
          "synlua plan shows which services run"
      elseif not used[template][slot] then
        what, hint = without_slot(view, template, slot)
      end
      for _, piece in ipairs(what and pieces or {}) do
        list[#list + 1] = {where = piece.path, what = what, hint = hint}
      end
    end
  end
  return list
end

return slots
