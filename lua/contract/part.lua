-- What the `plan` of a service returns for one process: everything that the supervisor needs to run it. Shipped
-- services write it themselves; for a simple service contract/simple.lua makes it.

local pattern = require "contract.pattern"
local shape = require "contract.shape"

local ID_MAX, MS_MAX = 4294967294, 2147483647

local TEXTS = {kind = "string", plural = "texts"}
local NAMES = {kind = "list", of = TEXTS}

local function list(fields) return {kind = "list", of = {kind = "record", plural = "tables", fields = fields}} end

local function field(name, kind, doc)
  local made = {name = name, doc = doc}
  for key, value in pairs(type(kind) == "table" and kind or {kind = kind}) do made[key] = value end
  return made
end

local ID = {either = {{kind = "integer", min = 0, max = ID_MAX}, {kind = "boolean"}}, fault = function(id)
  if id == true then return "must be a number, or false for synlua's own" end
end}
local MS = {kind = "integer", min = 0, max = MS_MAX}
local OFTEN = {kind = "integer", min = 1, max = MS_MAX}
local PATTERN = {kind = "string", fault = pattern.fault}

-- Without its group, a process would keep that of root.
local function process_fault(process)
  if process.uid and not process.gid then return "has a uid and no gid", "name both, or neither" end
end

local function probe_fault(probe)
  if not probe.socket and not (probe.address and probe.port) then
    return "asks nothing", "write socket, or address and port"
  elseif probe.socket and #probe.socket > 107 then
    return "has a socket that is longer than the 107 bytes of a socket's path", "choose a shorter one"
  elseif not probe.socket and not probe.address:find "^[%x:.]+$" then
    return "must have an IP address in place of a name", "such as 127.0.0.1: no name is looked up"
  elseif probe.kind == "http" and not probe.uri then
    return "asks for no path", "write uri"
  end
end

local function ready_fault(ready)
  if type(ready) == "table" and not (ready.notify or ready.exit or ready.started or ready.probe) then
    return "says nothing", "write notify, exit, started or probe"
  end
end

local function exchange_fault(exchange)
  if type(exchange) ~= "userdata" then return "must be what a shipped service has there", "leave it out" end
end

local function tables_of(what, required, more)
  return {kind = "list", of = {kind = "data", plural = what, fault = shape(required, more)}}
end

local PROBE = {kind = "record", fault = probe_fault, fields = {
  {name = "kind", kind = "enum", values = {"http", "connect"}, required = true, doc = "How it is asked."},
  field("socket", "string", "Path of a socket."), field("address", "string", "An IP address."),
  field("port", {kind = "integer", min = 1, max = 65535}, "A port."), field("uri", "string", "The path of the GET."),
}}

local function asked(more)
  local fields = {field("probe", PROBE, "How it is asked."), field("every_ms", OFTEN, "From one question to the next."),
    field("timeout_ms", OFTEN, "How long an answer may take."), field("patience", OFTEN, "So many without an answer.")}
  fields[1].required, fields[2].required, fields[3].required, fields[4].required = true, true, true, true
  fields[#fields + 1] = more
  return {kind = "record", fields = fields}
end

local PROCESS = {
  {name = "argv", kind = "list", of = TEXTS, full = true, required = true, doc = "The program and its arguments."},
  {name = "environment", kind = "list", of = {kind = "string", pattern = "^[%w_]+=", says = "NAME=value",
    plural = "texts NAME=value"}, default = "PATH and LANG", doc = "Its whole environment."},
  field("cwd", "string", "Its working directory."), field("uid", ID, "Its user."), field("gid", ID, "Its group."),
  field("stop_signal", {kind = "enum", values = {"ABRT", "ALRM", "CONT", "HUP", "INT", "KILL", "QUIT", "TERM", "USR1",
    "USR2", "WINCH"}}, "What asks it to end, such as TERM."), field("grace_ms", MS, "Time to end by itself."),
  field("open_files", MS, "How many files it may have open."),
  field("oom_score_adj", {kind = "integer", min = -1000, max = 1000}, "Who dies first where memory is short."),
  field("fork", "string", "The fork server that may start it."), field("fork_server", "boolean", "It is one."),
  field("exchange", {kind = "any", fault = exchange_fault}, "Memory that is its standard input."),
}

local READY = {fault = ready_fault, either = {{kind = "enum", values = {"started"}}, {kind = "record", fields = {
  field("notify", "boolean", "It sends READY=1."), field("exit", "boolean", "It ends with status 0."),
  field("started", "boolean", "It runs."), field("probe", PROBE, "It answers."),
}}}}

local MATCH = {
  {name = "match", kind = "string", fault = pattern.fault, required = true, doc = "A pattern of a line."},
  field("phase", "string", "The phase that it begins."), field("cause", "string", "The cause of an end."),
  field("permanent", "boolean", "Another try would not help."), field("hint", "string", "What to do."),
}

local TRIAL = {kind = "record", fields = {
  {name = "directory", kind = "string", required = true, doc = "Its own below the runtime directory."},
  {name = "argv", kind = "list", of = TEXTS, full = true, required = true, doc = "What tries its files."},
  field("ready", "string", "A line with this text shows that all is good; without it, status 0 does."),
  field("strip", {kind = "list", of = PATTERN}, "Patterns of what stands in front of each line."),
  field("quotes", PATTERN, "A pattern that finds the faulty line where its file is not named."),
}}

return {
  name = "planned process",
  doc = "What the function `plan` of a service returns, for one process or for several by name.",
  fields = {
    {name = "process", kind = "record", fields = PROCESS, fault = process_fault, required = true, doc = "What is run."},
    {name = "ready", either = READY.either, fault = READY.fault, required = true, doc = "When it is ready."},
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
    field("alive", asked(field("restart_after", OFTEN, "So many and it is started again.")), "Regular questions."),
    field("leads_to", asked({name = "service", kind = "string", required = true, doc = "Where requests go."}),
      "Whether requests pass through it."),
    field("passes_status", "boolean", "Its status is that of synlua."),
    field("phases", list(MATCH), "Phases of a start."), field("causes", list(MATCH), "Causes of an end."),
    field("quiet", list {field("service", "string", "While this one is down."),
      field("texts", {kind = "list", of = {kind = "list", of = TEXTS, plural = "lists of texts"}}, "The texts.")},
      "Lines that are left out."),
    field("sockets", NAMES, "Sockets below the runtime directory."),
    field("leftovers", tables_of("tables {base, path}", {base = "path", path = "text"}), "Files it leaves."),
    field("modes", tables_of("tables {path, mode}", {path = "path", mode = "mode"}, {gid = "id"}),
      "Modes of its sockets."),
    field("listens", tables_of("tables {address, port}", {address = "text", port = "port"},
      {place = "text", what = "text", hint = "text"}), "Ports that it listens on."),
    field("directories", tables_of("tables {base, path, mode, uid, gid}",
      {base = "path", path = "text", mode = "mode", uid = "id", gid = "id"}), "Directories that it needs."),
    field("reaches", tables_of("tables {path, uid, gid}", {path = "path"}, {uid = "id", gid = "id", hint = "text"}),
      "Paths that it must be able to use."),
  },
  ID_MAX = ID_MAX,
}
