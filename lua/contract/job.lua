-- What a file jobs/NAME.lua returns.

local cron = require "schedule.cron"
local service = require "contract.service"

local ZONE = "^[%a][%w_+-]*[%w_/+-]*$"

local function of_service(name, more)
  for _, field in ipairs(service.fields) do
    if field.name == name then
      local made = {}
      for key, value in pairs(field) do made[key] = value end
      for key, value in pairs(more or {}) do made[key] = value end
      return made
    end
  end
end

local function schedule_fault(text)
  local read, what, hint = cron.read(text)
  if not read then return ("%q %s"):format(text, what), hint end
end

return {
  name = "job",
  doc = "A file `jobs/NAME.lua` describes the job NAME: a program that runs at certain times, or when somebody says "
    .. "`synlua job run NAME`. Most need `argv` and `schedule` only. Where it says so, a field may also be a function "
    .. "of the view that returns the value.",
  fields = {
    {name = "api", kind = "integer", required = true, min = 2, max = 2, doc = "The version of this description: 2."},
    {name = "doc", kind = "string", doc = "One line that says what it does."},
    of_service("argv", {required = true}),
    {name = "schedule", kind = "string", computed = true, fault = schedule_fault,
      doc = "When it runs, as a cron expression such as `0 1 * * sun` or `@daily`. Without one, or where the function "
        .. "returns nil, it runs only on request."},
    {name = "timezone", kind = "string", pattern = ZONE, says = "the name of a time zone such as Europe/Berlin",
      default = "TZ, or else UTC", doc = "The time zone of `schedule`."},
    {name = "jitter_s", kind = "integer", min = 0, max = 86400, default = "0",
      doc = "It runs up to so many seconds later, by chance, so that not all do at once."},
    {name = "missed", kind = "enum", values = {"skip", "once"}, default = "\"skip\"",
      doc = "What becomes of runs that were due while synlua did not run: nothing, or one run when it does again."},
    {name = "enabled", kind = "boolean", computed = true, default = "true",
      doc = "Whether there is such a job at all. A function may return false and why not."},
    of_service "environment",
    of_service "user",
    of_service "cwd",
    of_service "directories",
    of_service "files",
    of_service "templates",
    of_service "settings",
    {name = "limit_s", kind = "integer", min = 1, max = 2592000, default = "3600",
      doc = "After so many seconds it is ended, and has failed."},
    {name = "nice", kind = "integer", min = 0, max = 19, default = "10",
      doc = "How far it stands back where the processor is short; 19 is the farthest."},
    {name = "ionice", kind = "enum", values = {"idle", "best-effort"}, default = "\"best-effort\"",
      doc = "`idle`: it reads and writes only while nobody else does."},
    {name = "memory_mb", kind = "integer", min = 16, max = 1048576,
      doc = "Each of its processes may have so much memory of its own (RLIMIT_DATA)."},
    {name = "extends", kind = "function", gets = "shipped: table", gives = "table",
      doc = "In place of all other fields: gets the shipped job of this name, changes it, and returns it."},
    {name = "replaces", kind = "string",
      doc = "The version of the shipped file that this one stands in for; `synlua check` says when that has changed."},
  },
}
