-- The fields of a worker type, which its file in workers/ returns.

local types = {}

types.API = 1

---@class WorkerType
---@field api integer
---@field doc string one line for people
---@field resources string[] what its listener serves: "client", "federation", "media"; "replication" for all that write
---  a stream: these are in instance_map, with a listener of their own for it
---@field max? integer how many instances Synapse allows; nil: any number
---@field duty? integer how many of them do what the type is for, the others only answer requests; nil: all
---@field leads? boolean its options go before those of all other types: a value that is one name is its, and its names
---  come first in lists
---@field shared? fun(names: string[]): table options of all processes, for the names of its instances
---@field own? fun(name: string): table options of this process alone
---@field endpoints Endpoint[] what nginx sends to it

---@class Endpoint
---@field path string a template, see plan/routes/template.lua
---@field methods string[]
---@field balance? "user"|"room"|"source"|"one" what goes to one process of a pool; nil: they take turns
---@field fallback? boolean false: the main process cannot serve it
---@field repeatable? boolean whether it does no harm when it is done twice; nil: POST and PATCH do, others do not
---@field unbuffered? boolean the body goes through as it comes; then there is no second try
---@field whole? boolean the path has no method but these anywhere, so that nginx need not look at it
---@field without? string only requests that lack this argument in their query
---@field prefer? integer the highest of the types that are there takes the request; 0 unless said

local RESOURCES = {client = true, federation = true, media = true, replication = true}
local OPTIONAL = {max = "number", duty = "number", leads = "boolean", shared = "function", own = "function"}

--- Returns the type. Raises an error if a field is missing.
---@param kind WorkerType
---@param name string
---@return WorkerType
function types.check(kind, name)
  local where = ("workers/%s.lua: "):format(name)
  assert(type(kind) == "table" and kind.api == types.API, where .. "must return a table with api = " .. types.API)
  assert(type(kind.doc) == "string", where .. "needs a line of doc")
  assert(type(kind.resources) == "table" and type(kind.endpoints) == "table", where .. "needs resources and endpoints")
  for _, resource in ipairs(kind.resources) do
    assert(RESOURCES[resource], ("%sknows no resource %s"):format(where, tostring(resource)))
  end
  for field, wanted in pairs(OPTIONAL) do
    assert(kind[field] == nil or type(kind[field]) == wanted, ("%s%s must be a %s"):format(where, field, wanted))
  end
  return kind
end

return types
