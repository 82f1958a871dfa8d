-- The slots of shipped templates: a piece of configuration from the user directory comes to stand where its slot is.

local slots = {
  name = "slot",
  doc = "Files `templates/FILE.d/SLOT/NAME.conf` come to stand in the shipped template, in the order of their names. "
    .. "Their text is taken as it is, and is checked before anything starts. For `prometheus.yml` their names end with "
    .. "`.yml`, and it does not matter how far the whole text is indented.",
}

local IN_GLOBAL = "templates/prometheus.yml.d/global/ takes what stands inside of it"
local BY_INTERVAL = "PROMETHEUS_SCRAPE_INTERVAL sets it"

---@class Slot: Field name: the folder of the slot, nil where the file has only one
---@field file string
---@field holds? "list"|"map" a piece is put into the YAML file, as a part of this kind; nil: the file names its path
---@field indent? integer where that part begins in its line
---@field ours? table<string, string> names that it may not have, each with what to do

---@type Slot[]
slots.fields = {
  {file = "nginx.conf", name = "http", kind = "text", doc = "Directives of nginx's http block, such as log_format."},
  {file = "nginx.conf", name = "server", kind = "text", doc = "Directives of each server of nginx."},
  {file = "nginx.conf", name = "location", kind = "text", doc = "Locations of each server that clients reach."},
  {file = "postgresql.conf", kind = "text", doc = "Settings of the built-in PostgreSQL, over those of synlua."},
  {file = "redis.conf", kind = "text", doc = "Settings of the built-in Redis, over those of synlua."},
  {file = "prometheus.yml", name = "scrape_configs", kind = "text", holds = "list", indent = 2,
    doc = "Scrape jobs of the built-in Prometheus: items that begin with `- job_name:`."},
  {file = "prometheus.yml", name = "rules", kind = "text",
    doc = "Rules of the built-in Prometheus: each is a whole file of rules, with `groups:`."},
  {file = "prometheus.yml", name = "global", kind = "text", holds = "map", indent = 2,
    ours = {scrape_interval = BY_INTERVAL, evaluation_interval = BY_INTERVAL},
    doc = "What stands inside of `global:` of the built-in Prometheus, such as `external_labels:`."},
  {file = "prometheus.yml", name = "sections", kind = "text", holds = "map", indent = 0, ours = {global = IN_GLOBAL,
    rule_files = "templates/prometheus.yml.d/rules/ takes files of rules",
    scrape_configs = "templates/prometheus.yml.d/scrape_configs/ takes its items"},
    doc = "Whole sections of the built-in Prometheus, such as `alerting:`."},
}

-- The file below services/ that uses each template.
slots.SERVICES = {["nginx.conf"] = "nginx", ["postgresql.conf"] = "postgres", ["prometheus.yml"] = "prometheus",
  ["redis.conf"] = "redis"}

--- The name of a slot in its template: {% slot NAME %}.
---@param slot Slot
---@return string
function slots.tag(slot) return slot.name or "settings" end

--- How the names of its files end, as that of the template does.
---@param slot Slot
---@return string
function slots.ending(slot) return slot.file:match "%.%w+$" end

--- Where the files of a slot lie in the user directory.
---@param slot Slot
---@return string
function slots.folder(slot) return ("templates/%s.d%s"):format(slot.file, slot.name and "/" .. slot.name or "") end

return slots
