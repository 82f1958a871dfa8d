-- The slots of shipped templates: a piece of configuration from the user directory comes to stand where its slot is.

local slots = {
  name = "slot",
  doc = "Files `templates/FILE.d/SLOT/NAME.conf` come to stand in the shipped template, in the order of their names. "
    .. "Their text is taken as it is, and is checked before anything starts.",
}

---@type Field[] name: the folder of the slot, nil where the file has only one
slots.fields = {
  {file = "nginx.conf", name = "http", kind = "text", doc = "Directives of nginx's http block, such as log_format."},
  {file = "nginx.conf", name = "server", kind = "text", doc = "Directives of each server of nginx."},
  {file = "nginx.conf", name = "location", kind = "text", doc = "Locations of each server that clients reach."},
  {file = "postgresql.conf", kind = "text", doc = "Settings of the built-in PostgreSQL, over those of synlua."},
  {file = "redis.conf", kind = "text", doc = "Settings of the built-in Redis, over those of synlua."},
}

-- The file below services/ that uses each template.
slots.SERVICES = {["nginx.conf"] = "nginx", ["postgresql.conf"] = "postgres", ["redis.conf"] = "redis"}

--- The name of a slot in its template: {% slot NAME %}.
---@param slot Field
---@return string
function slots.tag(slot) return slot.name or "settings" end

--- Where the files of a slot lie in the user directory.
---@param slot Field
---@return string
function slots.folder(slot) return ("templates/%s.d%s"):format(slot.file, slot.name and "/" .. slot.name or "") end

return slots
