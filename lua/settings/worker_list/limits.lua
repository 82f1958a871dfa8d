-- How many of a type there may be: Synapse's own limits, no stricter ones.

local tables = require "lib.tables"

local limits = {}

local function by_type(workers)
  local found = {}
  for _, worker in ipairs(workers) do
    for _, name in ipairs(worker.types) do
      found[name] = found[name] or {}
      table.insert(found[name], worker)
    end
  end
  return found
end

--- Adds what is too many to the faults of a reader.
---@param reader table see init.lua
---@param most integer processes at all
function limits.check(reader, most)
  for name, workers in tables.sorted(by_type(reader.workers)) do
    local kind = reader.types[name]
    if kind.max and #workers > kind.max then
      reader:fault(workers[kind.max + 1].at,
        ("%d workers of type %s; Synapse allows %d"):format(#workers, name, kind.max),
        ("leave %d, in one item without a count"):format(kind.max))
    elseif kind.duty and #workers > kind.duty then
      reader.notes[#reader.notes + 1] = ("%d workers of type %s: only the first does its work, the others answer "
        .. "requests"):format(#workers, name)
    end
  end
  if #reader.workers > most then
    reader:fault(1, ("%d workers; at most %d can run"):format(#reader.workers, most), "ask for fewer")
  end
end

return limits
