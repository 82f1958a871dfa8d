-- What a file workers/NAME.lua returns: everything about one type of Synapse's workers.

local ENDPOINT = {
  {name = "path", kind = "string", required = true, pattern = "^/",
    says = "a path template such as /_matrix/client/{r0|v3}/rooms/{room}/typing/*",
    doc = "The path: {room} is one segment, {user+} one or more, {r0|v3} one of these words. "
      .. "/* at the end stands for a slash and anything behind it."},
  {name = "methods", kind = "list", of = {kind = "enum", values = {"GET", "PUT", "POST", "DELETE", "PATCH"}},
    required = true, full = true, doc = "The methods of HTTP that it answers."},
  {name = "balance", kind = "enum", values = {"user", "room", "source", "one"}, default = "they take turns",
    doc = "What goes to one process of a pool: one user's requests, one room's, those of one sender, or all."},
  {name = "fallback", kind = "boolean", default = "true",
    doc = "false: the main process cannot serve it, so it gets an error while no worker of the type is there."},
  {name = "repeatable", kind = "boolean", default = "true, but not for POST and PATCH",
    doc = "Whether it does no harm when it is done twice."},
  {name = "unbuffered", kind = "boolean", default = "false",
    doc = "The body goes through as it comes, as uploads do. Then there is no second try."},
  {name = "whole", kind = "boolean", default = "false",
    doc = "The path has no method but these anywhere, so that nginx need not look at it."},
  {name = "without", kind = "string", pattern = "^[%w_]+$", says = "the name of an argument of a query",
    doc = "Only requests that lack this argument in their query."},
  {name = "prefer", kind = "integer", min = 0, default = "0",
    doc = "The highest of the types that are there takes the request."},
}

---@class WorkerType
---@field api integer
---@field doc string one line for people
---@field resources string[] what its listener serves
---@field max? integer how many instances Synapse allows; nil: any number
---@field duty? integer how many of them do what the type is for
---@field leads? boolean its options go before those of all other types
---@field shared? fun(names: string[]): table options of all processes, for the names of its instances
---@field own? fun(name: string): table options of this process alone
---@field endpoints Endpoint[] what nginx sends to it

---@class Endpoint
---@field path string a template, see plan/routes/template.lua
---@field methods string[]
---@field balance? "user"|"room"|"source"|"one"
---@field fallback? boolean
---@field repeatable? boolean
---@field unbuffered? boolean
---@field whole? boolean
---@field without? string
---@field prefer? integer

return {
  name = "worker type",
  doc = "A file `workers/NAME.lua` describes the worker type NAME, which SYNAPSE_WORKER_TYPES can then name.",
  fields = {
    {name = "api", kind = "integer", required = true, min = 2, max = 2, doc = "The version of this description: 2."},
    {name = "doc", kind = "string", required = true, doc = "One line that says what its processes do."},
    {name = "resources", kind = "list", required = true,
      of = {kind = "enum", values = {"client", "federation", "media", "replication"}},
      doc = "What its listener serves. A type that writes a stream has \"replication\"."},
    {name = "endpoints", kind = "list", of = {kind = "record", plural = "endpoints", fields = ENDPOINT},
      required = true, doc = "The requests that nginx sends to it."},
    {name = "max", kind = "integer", min = 1, default = "any number", doc = "How many processes of it Synapse allows."},
    {name = "duty", kind = "integer", min = 1, default = "all",
      doc = "How many of them do what the type is for. The others only answer requests."},
    {name = "leads", kind = "boolean", default = "false",
      doc = "Its options go before those of all other types, and its names come first in lists."},
    {name = "shared", kind = "function", gets = "names: string[]", gives = "table",
      doc = "Gets the names of its processes and returns options of homeserver.yaml for all processes. "
        .. "`synlua check` warns of an option that Synapse does not know, or that something else sets."},
    {name = "own", kind = "function", gets = "name: string", gives = "table",
      doc = "Gets the name of one process and returns options for it alone."},
    {name = "extends", kind = "function", gets = "shipped: table", gives = "table",
      doc = "In place of all other fields: gets the shipped type of this name, changes it, and returns it."},
    {name = "replaces", kind = "string",
      doc = "The version of the shipped file that this one stands in for; `synlua check` says when that has changed."},
  },
  --- The options that `shared` and `own` return.
  options = {kind = "data", names = true, doc = "options of homeserver.yaml by name"},
}
