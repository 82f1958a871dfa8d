-- EDGE
-- What the installed Synapse calls an option, where the list that we ship does not know a name: looked for in its
-- source, and only then.

local file = require "core.file"
local known = require "plan.homeserver.unknown"

local installed = {}

-- Beside the interpreter of a virtual environment, or where Debian has it.
local function candidates(python)
  local list = {}
  local prefix = python:match "^(.*)/bin/[^/]+$" or "/usr"
  for _, root in ipairs {prefix, "/usr/local", "/usr"} do
    for name, stat in pairs(file.list(root, "lib") or {}) do
      if stat.kind == "directory" and name:match "^python3" then
        list[#list + 1] = ("%s/lib/%s/site-packages"):format(root, name)
        list[#list + 1] = ("%s/lib/%s/dist-packages"):format(root, name)
      end
    end
  end
  return list
end

local function sources(python)
  local texts = {}
  for _, directory in ipairs(candidates(python)) do
    for name, stat in pairs(file.list(directory, "synapse/config") or {}) do
      if stat.kind == "file" and name:match "%.py$" then
        texts[#texts + 1] = file.read(("%s/synapse/config/%s"):format(directory, name)) or ""
      end
    end
    if #texts > 0 then return table.concat(texts, "\n") end
  end
end

--- Those of the names that the installed Synapse has in its source; nil where it is not found.
---@param names string[]
---@param python string
---@return table<string, boolean>|nil
function installed.options(names, python)
  local unsure = known.unlisted(names)
  if #unsure == 0 then return {} end
  local text = sources(python)
  if not text then return nil end
  local found = {}
  for _, name in ipairs(unsure) do
    if text:find('"' .. name .. '"', 1, true) or text:find("'" .. name .. "'", 1, true) then found[name] = true end
  end
  return found
end

return installed
