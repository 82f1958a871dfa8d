-- What a user may write: which paths of the user directory are open, and what each file there holds. Documents, stubs
-- and the shell's help are made from the same schemas.

local distance = require "lib.distance"
local slots = require "contract.slots"
local tables = require "lib.tables"

local contract = {API = 2}

---@class Kind one kind of file that a user may write
---@field kind string
---@field path string its path in the user directory, for people
---@field doc string

---@type Kind[] in the order of the documents
contract.KINDS = {
  {kind = "worker", path = "workers/NAME.lua", doc = "a worker type: a new one, or a change of a shipped one"},
  {kind = "service", path = "services/NAME.lua", doc = "a service: a new one, or a change of a shipped one"},
  {kind = "job", path = "jobs/NAME.lua", doc = "a job, which runs at certain times: a new one, or a change of a "
    .. "shipped one"},
  {kind = "template", path = "templates/NAME", doc = "a text that stands in for the shipped template of that name, or "
    .. "one of your own for a service"},
  {kind = "slot", path = "templates/nginx.conf.d/location/NAME.conf", doc = "a piece of configuration that a shipped "
    .. "template takes in"},
  {kind = "hooks", path = "init.lua", doc = "functions that change what a stage has made, or hear of events"},
}

local FOLDERS = {
  {folder = "workers", pattern = "^workers/([%w_]+)%.lua$", kind = "worker", ending = ".lua"},
  {folder = "services", pattern = "^services/([%w_][%w_-]*)%.lua$", kind = "service", ending = ".lua"},
  {folder = "jobs", pattern = "^jobs/([%w_][%w_-]*)%.lua$", kind = "job", ending = ".lua"},
  {folder = "templates", pattern = "^templates/([^/]+)$", kind = "template", ending = ""},
}

-- The slot of a path: templates/FILE.d/NAME.conf, or templates/FILE.d/SLOT/NAME.conf where a file has several. A name
-- ends as the template's does.
local function slot_of(relative)
  local file, rest = relative:match "^templates/([^/]+)%.d/(.+)$"
  for _, slot in ipairs(file and slots.fields or {}) do
    local name = slot.file == file and rest:match("[^/]+%" .. slots.ending(slot) .. "$")
    if name and rest == (slot.name and slot.name .. "/" or "") .. name then
      return {kind = "slot", file = file, slot = slot.name, name = name}
    end
  end
end

-- The folders of the slots, for a file with the wrong one.
local function slot_folders()
  local list = {}
  for _, slot in ipairs(slots.fields) do list[#list + 1] = slots.folder(slot) end
  return list
end

local function folder_of(relative) return relative:match "^(.*)/[^/]*$" or "" end

-- A file beside the folders of a template's slots, or with another ending: the nearest folder, or the first one.
local function nearest_slot(relative)
  local file, folder, name = relative:match "^templates/([^/]+)%.d/(.-)([^/]+)$"
  local folders = {}
  for _, slot in ipairs(file and slots.fields or {}) do
    if slot.file == file then folders[#folders + 1] = slots.folder(slot) end
  end
  local said = file and ("templates/%s.d/%s"):format(file, folder):gsub("/$", "")
  local meant = distance.nearest(said or "", folders) or folders[1]
  return meant and ("%s/%s%s"):format(meant, name:match "^(.+)%.[^.]*$" or name, file:match "%.%w+$")
end

-- The open path that was most likely meant: one of the shipped files of that name, or the same name in the folder that
-- is spelled nearly so.
local function nearest(relative, shipped)
  local piece = nearest_slot(relative)
  if piece then return piece end
  local name, folder = relative:match "[^/]+$", folder_of(relative)
  for _, path in ipairs(shipped) do
    if path:match "[^/]+$" == name then return path end
  end
  local folders = slot_folders()
  for _, one in ipairs(FOLDERS) do folders[#folders + 1] = one.folder end
  table.sort(folders)
  local meant = distance.nearest(folder, folders) or distance.nearest(folder .. "s", folders)
  local path = meant and meant .. "/" .. name
  if path and contract.place(path) then return path end
  local all = {"init.lua", table.unpack(shipped)}
  table.sort(all)
  return distance.nearest(relative, all)
end

--- What a path of the user directory is. nil if no file there is used, and then the open path that was most likely
--- meant.
---@param relative string
---@param shipped? string[] sorted paths of shipped files that one may stand in for
---@return {kind: string, name: string, file?: string, slot?: string}?
---@return string?
function contract.place(relative, shipped)
  if relative == "init.lua" then return {kind = "hooks", name = "init"} end
  local slot = slot_of(relative)
  if slot then return slot end
  for _, one in ipairs(FOLDERS) do
    local name = relative:match(one.pattern)
    if name then return {kind = one.kind, name = name} end
  end
  return nil, shipped and nearest(relative, shipped)
end

--- The open paths, for a message about one that is not.
---@return string
function contract.open_paths()
  local list = {}
  for _, one in ipairs(contract.KINDS) do list[#list + 1] = one.path end
  return table.concat(list, ", ")
end

--- The schema of a kind.
---@param kind string
---@return Schema
function contract.schema(kind)
  local modules = {worker = "worker_type", service = "service", job = "job", hooks = "hooks", slot = "slots"}
  return require("contract." .. assert(modules[kind], kind))
end

--- All schemas, in the order of the documents.
---@return Schema[]
function contract.schemas()
  local list = {}
  for at, name in ipairs {"worker_type", "service", "job", "setting", "slots", "hooks", "view"} do
    list[at] = require("contract." .. name)
  end
  return list
end

--- The names of a schema's fields, sorted.
---@param schema {fields: Field[]}
---@return string[]
function contract.names(schema)
  local names = {}
  for _, field in ipairs(schema.fields) do names[field.name] = true end
  return tables.keys(names)
end

return contract
