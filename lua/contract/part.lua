-- What the `plan` of a service returns for one process: everything that the supervisor needs to run it. Shipped
-- services write it themselves; for a simple service contract/simple.lua makes it.

local patterns = require "contract.patterns"

local TEXTS = {kind = "string", plural = "texts"}
local NAMES = {kind = "list", of = TEXTS}

local function list(fields) return {kind = "list", of = {kind = "record", plural = "tables", fields = fields}} end

local function field(name, kind, doc)
  local made = {name = name, doc = doc}
  for key, value in pairs(type(kind) == "table" and kind or {kind = kind}) do made[key] = value end
  return made
end

local ID_MAX = 4294967294
local NUMBER = {kind = "integer", min = 0, max = ID_MAX}
local ID = {either = {NUMBER, {kind = "boolean"}}}
local MS = {kind = "integer", min = 0, max = 1 << 40}
local MB = {kind = "number", min = 0, max = 1 << 30}
local MODE = {kind = "integer", min = 0, max = 4095}
local PATH = {kind = "string", pattern = "^/[^%z]*$", says = "an absolute path"}
local BELOW = {kind = "string", pattern = "^[^/%z]*[^%z]*$", says = "a relative path", fault = function(path)
  if path:sub(1, 1) == "/" or ("/" .. path .. "/"):find("/../", 1, true) then
    return "must be a relative path without .. in it", "it goes below base"
  end
end}

-- Rows with at least these fields, which the plan reads.
local function rows(fields)
  for _, one in ipairs(fields) do one.required = not one.optional end
  return {kind = "list", of = {kind = "record", plural = "tables", fields = fields, open = true}}
end

local function probe_fault(probe)
  if not probe.socket and not (probe.address and probe.port) then
    return "asks nobody", "write socket, or address and port"
  elseif probe.kind == "http" and not probe.uri then
    return "has no uri", "write the path of the GET: uri = \"/health\""
  end
end

local PROBE = {kind = "record", fault = probe_fault, fields = {
  {name = "kind", kind = "enum", values = {"http", "connect"}, required = true, doc = "How it is asked."},
  field("socket", "string", "Path of a socket."), field("address", "string", "An IP address."),
  field("port", {kind = "integer", min = 1, max = 65535}, "A port."), field("uri", "string", "The path of the GET."),
}}

local function asked(more)
  local fields = {field("probe", PROBE, "How it is asked."), field("every_ms", MS, "From one question to the next."),
    field("timeout_ms", MS, "How long an answer may take."), field("patience", MS, "So many without an answer.")}
  fields[1].required, fields[2].required, fields[3].required, fields[4].required = true, true, true, true
  fields[#fields + 1] = more
  return {kind = "record", fields = fields}
end

local PROCESS = {
  {name = "argv", kind = "list", of = TEXTS, full = true, required = true, doc = "The program and its arguments."},
  {name = "environment", kind = "list", of = {kind = "string", pattern = "^[%w_]+=", says = "NAME=value",
    plural = "texts NAME=value"}, default = "PATH and LANG", doc = "Its whole environment."},
  field("cwd", "string", "Its working directory."), field("uid", ID, "Its user."), field("gid", ID, "Its group."),
  {name = "stop_signal", kind = "enum", values = {"TERM", "INT", "QUIT", "HUP", "KILL", "USR1", "USR2"},
    doc = "What asks it to end."}, field("grace_ms", MS, "Time to end by itself."),
  field("open_files", MS, "How many files it may have open."),
  field("oom_score_adj", {kind = "integer", min = -1000, max = 1000}, "Who dies first where memory is short."),
  field("fork", "string", "The fork server that may start it."), field("fork_server", "boolean", "It is one."),
}

local READY = {either = {{kind = "enum", values = {"started"}}, {kind = "record", fields = {
  field("notify", "boolean", "It sends READY=1."), field("exit", "boolean", "It ends with status 0."),
  field("started", "boolean", "It runs."), field("probe", PROBE, "It answers."),
}}}}

local METRICS = {kind = "record", fault = probe_fault, fields = {
  field("socket", "string", "Path of a socket."), field("address", "string", "An IP address of this machine's own."),
  field("port", {kind = "integer", min = 1, max = 65535}, "A port."),
  {name = "uri", kind = "string", required = true, pattern = "^/%S*$", says = "a path such as /metrics",
    doc = "The path of the GET."},
  field("job", "string", "Its label job in place of the service's name."),
  field("index", "string", "Its label index in place of 1."),
}}

local MATCH = {
  {name = "match", kind = "string", required = true, fault = patterns.fault, doc = "A pattern of a line."},
  field("phase", "string", "The phase that it begins."), field("cause", "string", "The cause of an end."),
  field("permanent", "boolean", "Another try would not help."), field("hint", "string", "What to do."),
}

local TRIAL = {kind = "record", fields = {
  {name = "directory", kind = "string", required = true, doc = "Its own below the runtime directory."},
  {name = "argv", kind = "list", of = TEXTS, full = true, required = true, doc = "What tries its files."},
  field("ready", "string", "A line with this text shows that all is good; without it, status 0 does."),
  field("strip", NAMES, "Patterns of what stands in front of each line."),
  field("quotes", "string", "A pattern that finds the faulty line where its file is not named."),
  field("quoted", list {{name = "line", kind = "string", required = true, doc = "The same."},
    field("what", "string", "What is wrong with that line, in place of the next one.")}, "Several of them."),
}}

local FILE = rows({field("base", PATH, "Where."), field("path", BELOW, "Which."),
  field("bytes", {kind = "string", binary = true}, "Its content."), field("mode", MODE, "Its mode."),
  field("uid", NUMBER, "Its user."), field("gid", NUMBER, "Its group.")})
FILE.doc = "files, each with base, path, bytes, mode, uid and gid"

return {
  name = "planned process",
  --- What the function `files` of such a service returns.
  files = FILE,
  doc = "What the function `plan` of a service returns, for one process or for several by name.",
  fields = {
    {name = "process", kind = "record", fields = PROCESS, required = true, doc = "What is run."},
    {name = "ready", either = READY.either, required = true, doc = "When it is ready."},
    field("trial", TRIAL, "How its files are tried before anything starts."),
    field("user", "string", "Whom it runs as: synapse, nginx, redis, postgres, root, or UID:GID."),
    field("needs", NAMES, "Services that must be ready."), field("after", NAMES, "Services whose start must be over."),
    field("before", NAMES, "Services that start after this one."),
    field("milestone", NAMES, "Services that must have been ready once."),
    field("prefers", NAMES, "Services that it waits for while they start."),
    field("fronts", NAMES, "Services that it stands before."),
    {name = "on_failure", kind = "enum", values = {"degrade", "exit", "keep-trying"}, doc = "What its failure means."},
    field("give_up_after", {kind = "integer", min = 1}, "Failures in a row."),
    field("spacing_ms", MS, "First pause between tries."), field("heavy", "boolean", "Few of them start at once."),
    field("start_limit_ms", {either = {MS, {kind = "boolean"}}}, "A start may do nothing for so long."),
    field("start_work_ms", MS, "A start that works for so long has failed."),
    field("alive", asked(field("restart_after", MS, "So many and it is started again.")), "Regular questions."),
    field("leads_to", asked({name = "service", kind = "string", required = true, doc = "Where requests go."}),
      "Whether requests pass through it."),
    field("passes_status", "boolean", "Its status is that of synlua."),
    field("early", "boolean", "It starts while Synapse's parser is still asked: it reads only what synlua has made, "
      .. "and nobody but Synapse reaches it."),
    field("memory", MB, "MB that it uses soon after its start."),
    field("growth", MB, "MB that its caches and connections may add when they are full."),
    field("phases", list(MATCH), "Phases of a start."), field("causes", list(MATCH), "Causes of an end."),
    field("quiet", list {field("service", "string", "While this one is down."),
      field("texts", {kind = "list", of = {kind = "list", of = TEXTS, plural = "lists of texts"}}, "The texts.")},
      "Lines that are left out."),
    field("renews", {kind = "enum", values = {"HUP", "USR1", "USR2"}},
      "The signal on which it reads nginx's certificate anew."),
    field("metrics", METRICS, "Where it serves metrics, which the metrics address relays as /metrics/NAME."),
    field("sockets", NAMES, "Sockets below the runtime directory."),
    field("leftovers", rows {field("base", PATH, "Where."), field("path", BELOW, "Which.")}, "Files it leaves."),
    field("modes", rows {field("path", PATH, "Which."), field("mode", MODE, "Its mode.")}, "Modes of its sockets."),
    field("listens", rows {field("address", "string", "Where."),
      field("port", {kind = "integer", min = 1, max = 65535}, "Which.")}, "Ports that it listens on."),
    field("directories", rows {field("base", PATH, "Where."), field("path", BELOW, "Which."),
      field("mode", MODE, "Its mode."), field("uid", NUMBER, "Its user."), field("gid", NUMBER, "Its group.")},
      "Directories that it needs."),
    field("reaches", rows {field("path", PATH, "Which."), field("uid", NUMBER, "For which user."),
      field("gid", NUMBER, "For which group.")}, "Paths that it must be able to use."),
  },
}
