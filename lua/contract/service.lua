-- What a file services/NAME.lua returns.

local setting = require "contract.setting"

local TEXTS = {kind = "string", plural = "texts"}
local MODE = {kind = "string", pattern = "^0?[0-7][0-7][0-7]$", says = "a mode such as \"0640\""}

local function field(base, more)
  local made = {}
  for _, part in ipairs {base, more} do
    for key, value in pairs(part) do made[key] = value end
  end
  return made
end

local NAME = {kind = "string", pattern = "^[^/%s.][^/%c]*$", says = "a name such as \"config.yaml\""}

-- A path below a directory of the service, which must not lead out of it.
local RELATIVE = {kind = "string", pattern = "^[^/%s].*$", says = "a relative path such as \"media/thumbnails\"",
  fault = function(path)
    if ("/" .. path .. "/"):find "/%.%.?/" or path:find "//" or path:sub(-1) == "/" then
      return "must be a relative path without . and .. in it", "it goes below a directory of this service"
    end
  end}

local PORT_FAULT = "must have a port from 1 to 65535"

local function is_port(digits) return #digits <= 5 and tonumber(digits) >= 1 and tonumber(digits) <= 65535 end

local URL = {kind = "string", pattern = "^http://[%[%w.:%]]+:%d+/%S*$",
  says = "a URL such as http://127.0.0.1:8080/ready",
  fault = function(url)
    local host, port = url:match "^http://(.*):(%d+)/"
    if not is_port(port) then return PORT_FAULT, "such as http://127.0.0.1:8080/ready" end
    if not (host:match "^%d+%.%d+%.%d+%.%d+$" or host:match "^%[[%x:]+%]$") then
      return "must have an IP address in place of a name", "such as http://127.0.0.1:8080/ready: no name is looked up"
    end
  end}
local SOCKET = {kind = "string", pattern = "^/%S+$", says = "the path of a socket", fault = function(path)
  if #path > 107 then return "is longer than the 107 bytes that a socket's path may have", "choose a shorter one" end
end}
local function tcp_fault(value)
  local address, port = tostring(value):match "^(.*):(%d+)$"
  if type(value) == "string" and not is_port(port) then return PORT_FAULT, "such as 127.0.0.1:8080" end
  for digits in (address or ""):gmatch "%d+" do
    if tonumber(digits) > 255 then return "is no IP address", "such as 127.0.0.1:8080" end
  end
end

local TCP = {fault = tcp_fault, either = {{kind = "integer", min = 1, max = 65535, says = "a port of 127.0.0.1"},
  {kind = "string", pattern = "^[%d.]+:%d+$", says = "an address such as 127.0.0.1:8080"}}}

-- How a service is asked: one of the three.
local function question(more)
  local fields = {
    field(URL, {name = "http", doc = "A GET of this URL is answered with a status from 200 to 399."}),
    field(TCP, {name = "tcp", doc = "This port takes a connection."}),
    field(SOCKET, {name = "socket", doc = "This socket takes a connection; with http, the URL's path is asked there."}),
  }
  return table.move(more or {}, 1, #(more or {}), #fields + 1, fields)
end

local function asks(value)
  if value.http == nil and value.tcp == nil and value.socket == nil then
    return "asks nothing", "write http, tcp or socket"
  end
end

local function seconds(name, most, doc)
  return {name = name, kind = "number", min = 0.1, max = most, doc = doc}
end

local names = {kind = "list", of = TEXTS, computed = true}

local function program_fault(argv)
  if argv[1]:sub(1, 1) ~= "/" then
    return ("must begin with the absolute path of a program, but begins with %q"):format(argv[1]),
      "such as /usr/bin/python3: no PATH is searched"
  end
end

local service = {
  name = "service",
  doc = "A file `services/NAME.lua` describes the service NAME. Most need `argv` and `ready` only. Where it says so, a "
    .. "field may also be a function of the view that returns the value.",
  fields = {
    {name = "api", kind = "integer", required = true, min = 2, max = 2, doc = "The version of this description: 2."},
    {name = "doc", kind = "string", doc = "One line that says what it is."},
    {name = "argv", kind = "list", of = TEXTS, full = true, computed = true, fault = program_fault,
      doc = "The program, by its absolute path, and its arguments. No secrets: every user can see them."},
    {name = "ready", kind = "either", computed = true, default = "\"started\"",
      either = {{kind = "enum", values = {"notify", "started", "exit"}},
        {kind = "record", fields = question(), fault = asks}},
      doc = "When it is ready. `notify`: it has sent READY=1 to NOTIFY_SOCKET. `started`: it runs. `exit`: it has "
        .. "ended with status 0. A table: it answers."},
    field(names, {name = "needs", doc = "Services that must be ready before it starts. If one stops, it does too."}),
    field(names, {name = "after", doc = "Services whose start is over before it starts, ready or not."}),
    field(names, {name = "before", doc = "Services that start when the start of this one is over, such as synapse."}),
    {name = "environment", kind = "map", of = {either = {TEXTS, {kind = "number"}}}, pattern = "^[%a_][%w_]*$",
      says = "a variable has a name such as BRIDGE_PORT", computed = true,
      doc = "Its variables, beside PATH, LANG, HOME and NOTIFY_SOCKET. It gets no other variable of synlua's."},
    {name = "user", kind = "string", pattern = "^[%w_][%w_.:-]*$", computed = true, default = "\"synapse\"",
      says = "synapse, nginx, redis, postgres, root, or UID:GID",
      doc = "Whom it runs as. Where synlua does not run as root, everything runs as synlua's own user."},
    {name = "cwd", kind = "string", pattern = "^/", says = "an absolute path", computed = true, default = "\"/\"",
      doc = "Its working directory."},
    {name = "on_failure", kind = "enum", values = {"degrade", "exit", "keep-trying"}, default = "\"degrade\"",
      doc = "What its failure for good means: the others go on, everything ends, or it is tried again for ever."},
    {name = "directories", kind = "list", computed = true,
      doc = "What it keeps: directories in `view.paths.state`, made for its user.",
      of = {plural = "relative paths or tables {path, mode}", either = {RELATIVE,
        {kind = "record", fields = {
          field(RELATIVE, {name = "path", required = true, doc = "Below `view.paths.state`."}),
          field(MODE, {name = "mode", default = "\"0700\"", doc = "Its mode."})}}}}},
    {name = "files", kind = "list", computed = true, gets = "view: view, make: table",
      doc = "Files that each start makes anew in a directory of its own, `view.paths.own`; its user can read them.",
      of = {kind = "record", plural = "tables {path, text, mode}", fields = {
        field(NAME, {name = "path", required = true, doc = "Its name in `view.paths.own`."}),
        {name = "text", kind = "string", required = true, doc = "What is in it."},
        field(MODE, {name = "mode", default = "\"0640\"", doc = "Its mode."}),
        {name = "secret", kind = "boolean", default = "false", doc = "It is never shown."}}}},
    {name = "templates", kind = "list", computed = true,
      doc = "Files made from templates of the user directory, where values are quoted as the format needs it.",
      of = {kind = "record", plural = "tables {path, template, format, values}", fields = {
        field(NAME, {name = "path", required = true, doc = "Its name in `view.paths.own`."}),
        {name = "template", kind = "string", required = true, pattern = "^[^/%s]+$",
          says = "the name of a file in templates/", doc = "The file templates/TEMPLATE."},
        {name = "format", kind = "enum", required = true,
          values = {"json", "libpq", "nginx", "postgresql", "redis", "shell", "sql_identifier", "sql_literal", "yaml"},
          doc = "How values are quoted."},
        {name = "values", kind = "data", names = true, required = true, doc = "What the template names."},
        field(MODE, {name = "mode", default = "\"0640\"", doc = "Its mode."}),
        {name = "secret", kind = "boolean", default = "false", doc = "It is never shown."}}}},
    {name = "registration", kind = "string", pattern = "^[^/%s]+$", says = "the name of a file in templates/",
      doc = "It is an application service. The first start makes `appservices/NAME.yaml` beside homeserver.yaml from "
        .. "this template, with new tokens as `as_token` and `hs_token`, and Synapse gets it."},
    {name = "settings", kind = "list", of = {kind = "record", plural = "variables", fields = setting.fields},
      doc = "Variables of its own."},
    {name = "alive", kind = "record", computed = true, fault = asks,
      doc = "How it is asked regularly once it is ready.",
      fields = question {
        seconds("every", 86400, "Seconds from one question to the next; 60."),
        seconds("timeout", 3600, "Seconds to wait for an answer; 10."),
        {name = "patience", kind = "integer", min = 1, doc = "After so many without an answer it is unhealthy; 6."},
        {name = "restart_after", kind = "integer", min = 1, doc = "After so many it is started again; never."}}},
    {name = "limits", kind = "record", computed = true, doc = "Its limits.", fields = {
      {name = "open_files", kind = "integer", min = 16, max = 1048576, doc = "How many files it may have open."},
      {name = "oom_score_adj", kind = "integer", min = -1000, max = 1000,
        doc = "Who dies first where memory is short."},
      seconds("start_seconds", 86400, "A start that does nothing for so long has failed; 60."),
      seconds("stop_seconds", 3600, "Seconds to end by itself after the request; 5."),
      {name = "tries", kind = "integer", min = 1, doc = "So many failures in a row are one for good; 5."}}},
    {name = "memory", kind = "number", min = 0, max = 1 << 30, default = "50",
      doc = "MB that it uses soon after its start, for the estimate of `synlua plan`."},
    {name = "plan", kind = "function", gets = "view: view", gives = "table?",
      doc = "In place of the fields from argv on: returns all that is planned, as shipped services do."},
    {name = "extends", kind = "function", gets = "shipped: table", gives = "table",
      doc = "In place of all other fields: gets the shipped service of this name, changes it, and returns it."},
    {name = "replaces", kind = "string",
      doc = "The version of the shipped file that this one stands in for; `synlua check` says when that has changed."},
  },
}

local PLANNED = {files = true, user = true, on_failure = true, doc = true, settings = true, api = true, plan = true,
  replaces = true}

-- Rules between the fields.
function service.fault(value)
  if value.extends then return {} end
  if not (value.argv or value.plan) then
    return {{path = "argv", what = "is missing: a service needs argv, plan or extends",
      hint = "name the program by its absolute path: argv = {\"/usr/bin/python3\", \"-m\", \"bridge\"}"}}
  end
  local faults = {}
  for _, field_of in ipairs(value.plan and service.fields or {}) do
    local name = field_of.name
    if value[name] ~= nil and not PLANNED[name] then
      faults[#faults + 1] = {path = name, what = "has no effect beside plan, which returns all that is planned",
        hint = "put it into the table that plan returns, or take plan out"}
    end
  end
  return faults
end

return service
