-- What init.lua returns: functions that change what a stage has made, and one that hears of events.

return {
  name = "hooks",
  doc = "The file `init.lua` returns functions. Each of the first three gets a copy of what a stage has made, and "
    .. "returns what is to be taken in its place; nil changes nothing. `on` hears what happens while synlua runs. "
    .. "[hooks.md](hooks.md) has an example, and says what each of them may change.",
  fields = {
    {name = "api", kind = "integer", required = true, min = 2, max = 2, doc = "The version of this description: 2."},
    {name = "settings", kind = "function", gets = "settings: table", gives = "table?",
      doc = "Gets all settings by the names of their variables."},
    {name = "plan", kind = "function", gets = "plan: table", gives = "table?",
      doc = "Gets the plan: its services by name, with what each runs."},
    {name = "files", kind = "function", gets = "files: table", gives = "table?",
      doc = "Gets the list of generated files, each with path and bytes."},
    {name = "on", kind = "function", gets = "event: table, act: table",
      doc = "Gets each event: ready, exited, failed, reloaded, stopping. It runs in a process of its own."},
  },
}
