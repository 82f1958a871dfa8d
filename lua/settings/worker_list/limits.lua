-- How many workers of a type there may be. These are Synapse's own limits and no stricter ones.

local tables = require "lib.tables"

local limits = {}

--- Adds a fault to the reader for each type with too many workers.
---@param reader table see init.lua
---@param most integer processes at all
function limits.check(reader, most)
  for name, workers in tables.sorted(tables.group(reader.workers, "types")) do
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
