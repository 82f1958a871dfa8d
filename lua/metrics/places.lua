-- Metrics of what may run out: room on disk, and the time of nginx's certificate. Pure.

local places = {}

---@class Disk
---@field path string
---@field bytes? integer that users other than root may still use
---@field files? integer the same, in files

local function of_disks(disks, field, name, help)
  local samples = {}
  for _, disk in ipairs(disks) do
    if disk[field] then samples[#samples + 1] = {labels = {path = disk.path}, value = disk[field]} end
  end
  return {name = name, type = "gauge", help = help, samples = samples}
end

--- The families.
---@param disks Disk[]
---@param certificate? Validity
---@return Family[]
function places.families(disks, certificate)
  local ends = certificate and {{labels = {path = certificate.path}, value = certificate.until_}} or {}
  return {
    of_disks(disks, "bytes", "synlua_disk_free_bytes", "Bytes that are left where the directory lies."),
    of_disks(disks, "files", "synlua_disk_free_files", "Files (inodes) that are left where the directory lies."),
    {name = "synlua_certificate_end_timestamp_seconds", type = "gauge", help = "When nginx's certificate ends.",
      samples = ends},
  }
end

return places
