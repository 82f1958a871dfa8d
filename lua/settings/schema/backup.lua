-- Where backups go, how many are kept, and what becomes of media.

return {
  title = "Backup",
  entries = {
    {name = "SYNLUA_BACKUP_DIR", kind = "path", acts = "synlua", default_text = "$SYNAPSE_DATA_DIR/backups",
      default = function(settings) return settings.SYNAPSE_DATA_DIR .. "/backups" end,
      doc = "Directory of backups. One on another disk outlives the disk of the data."},
    {name = "SYNLUA_BACKUP_KEEP", kind = "integer", min = 1, max = 10000, default = 7, acts = "synlua",
      doc = "How many backups in SYNLUA_BACKUP_DIR are kept. A new one that is finished replaces the oldest."},
    {name = "SYNLUA_BACKUP_SCHEDULE", kind = "cron", acts = "synlua", default_text = "none",
      doc = "When backups are made by themselves, such as 0 3 * * * or @daily; see jobs.md."},
    {name = "SYNLUA_BACKUP_BEFORE_UPGRADE", kind = "boolean", default = false, acts = "synlua",
      doc = "Make a backup before a newer Synapse changes the database. Without it, that Synapse does not start."},
    {name = "SYNLUA_BACKUP_MEDIA", kind = "word", words = {"link", "whole", "list"}, default = "link", acts = "synlua",
      doc = "link: a second name for each file, and a copy on another disk; whole: always copies; list: their names."},
    {name = "SYNLUA_BACKUP_RECIPIENT", kind = "age_recipients", acts = "synlua",
      doc = "Public keys of age, to which backups are encrypted. The secret key stays elsewhere."},
  },
}
