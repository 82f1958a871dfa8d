-- EDGE
-- Compares files of the user directory that stand in for shipped ones with what is shipped now.

local distance = require "lib.distance"
local file = require "core.file"
local hash = require "lib.hash"
local lines = require "contract.lines"
local overrides = require "input.overrides"

local versions = {}

local FOLDERS = {services = "lua/services", workers = "lua/workers", jobs = "lua/jobs", templates = "templates"}

local DIGITS = 12

--- The text of the shipped file that a path of the user directory stands in for; nil where there is none.
---@param relative string "services/nginx.lua"
---@return string?
function versions.shipped(relative)
  local folder, name = relative:match "^(%w+)/([^/]+)$"
  return FOLDERS[folder] and file.read(("%s/%s/%s"):format(package.home, FOLDERS[folder], name)) or nil
end

--- The version of a text.
---@param text string
---@return string
function versions.of(text) return hash.long(text):sub(1, DIGITS) end

-- What the file says that it replaces, and how it says so.
local function said(override, definition, now)
  if override.place.kind ~= "template" then return definition.replaces, ("replaces = %q"):format(now) end
  local first = override.text:match "^[^\n]*"
  return first:match "{#%s*replaces:%s*(%w+)%s*#}", ("{# replaces: %s #} as its first line"):format(now)
end

--- Whether a file stands in for an older one than the shipped: nil where it does not, else the version that it names,
--- or "" where it names none.
---@param override Override
---@param definition? table what it returned
---@return string? older
---@return string? how how it would name the shipped one
function versions.stale(override, definition)
  local text = versions.shipped(override.relative)
  if not text then return nil end
  local now = versions.of(text)
  local version, how = said(override, definition or {}, now)
  if version == now then return nil end
  return version or "", how
end

--- Adds the warnings of one file that stands in for a shipped one.
---@param override Override
---@param definition? table
function versions.check(override, definition)
  local older, how = versions.stale(override, definition)
  override.older = older
  if not older then return end
  local field = definition and definition.replaces and "replaces" or ""
  local where = definition and ("%s:%d"):format(override.path, lines.of(override.text, field)) or override.path .. ":1"
  if older == "" then
    overrides.warn {where = where, hint = "write " .. how .. ", so that synlua can say when the shipped one changes",
      what = ("stands in for the shipped %s, and does not say which version"):format(override.relative)}
  else
    overrides.warn {where = where, what = ("stands in for an older %s (%s)"):format(override.relative, older),
      hint = ("synlua override diff %s shows the difference; then write %s"):format(override.relative, how)}
  end
end

-- Whether a service or a job names the template. Its file may also work out the name, so any mention counts.
local function is_named(name)
  for relative, other in overrides.all() do
    if (relative:find "^services/" or relative:find "^jobs/") and other.text:find(name, 1, true) then return true end
  end
  return false
end

--- Adds the warnings of one template.
---@param override Override
function versions.check_template(override)
  if versions.shipped(override.relative) then return versions.check(override) end
  if is_named(override.place.name) then return end
  override.unused = true
  local meant = distance.nearest(override.relative, require "input.user_walk".shipped())
  overrides.warn {where = override.path, what = "is not used" .. (meant and ("; did you mean %s?"):format(meant) or ""),
    hint = "no shipped template has that name, and no service or job of the user directory names it"}
end

return versions
