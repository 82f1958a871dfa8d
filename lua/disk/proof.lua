-- EDGE
-- Remembers which files a service's own program has found good, so that a start without a change need not ask again.

local file = require "core.file"
local hash = require "lib.hash"
local log = require "core.log"
local octal = require "lib.octal"
local records = require "lib.records"
local write = require "disk.write"

local proof = {}

local RECORD_MAX = 4096
local untried = false

-- Changes with the file itself and with what a link leads to.
local function stamp(path)
  local stat = file.stat(path)
  return stat and ("%s:%d:%d.%d:%d:%d:%o"):format(path, stat.size, stat.mtime, stat.mtime_ns, stat.uid,
    stat.gid, stat.mode) or path
end

-- All that the program sees: its own files, itself, and the files that it must read, such as a certificate.
local function key_of(plan, files, name)
  local parts, service = {}, plan.services[name]
  for _, word in ipairs(service.trial.argv) do parts[#parts + 1] = word end
  parts[#parts + 1] = ("%s:%s"):format(service.process.uid, service.process.gid)
  parts[#parts + 1] = stamp(service.process.argv[1])
  for _, item in ipairs(files) do
    if item.path:find(service.trial.directory .. "/", 1, true) == 1 then
      parts[#parts + 1] = ("%s\0%o\0%s"):format(item.path, item.mode, item.bytes)
    end
  end
  for _, reach in ipairs(plan.reaches) do
    if reach.service == name and reach.read then parts[#parts + 1] = stamp(reach.path) end
  end
  return hash.long(table.concat(parts, "\0"))
end

local function text_of(name, key)
  return ("# The files that a program found good last. Remove this file to have it asked again.\n%s %s\n"):format(name,
    key)
end

--- Whether the service's program has found exactly these files good.
---@param plan Plan
---@param files File[]
---@param name string of the service
---@return boolean
function proof.is_known(plan, files, name)
  if not plan.services[name].trial then return true end
  local text = file.read_below(plan.paths.data, records.TRIED, RECORD_MAX)
  return text == text_of(name, key_of(plan, files, name))
end

--- Nothing could be tried this time, so nothing is remembered.
function proof.forget() untried = true end

--- Remembers that these files are good.
---@param plan Plan
---@param files File[]
---@param name string
---@param privileged boolean
function proof.remember(plan, files, name, privileged)
  if untried or not plan.services[name].trial then return end
  local ok, problem = write.files({{base = plan.paths.data, path = records.TRIED, mode = octal "0644",
    uid = plan.owner.uid, gid = plan.owner.gid, bytes = text_of(name, key_of(plan, files, name))}}, privileged)
  if not ok then log.write("debug", ("%s: %s"):format(problem.where, problem.what)) end
end

return proof
