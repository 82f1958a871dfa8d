-- Sends answers to a client that may read too slowly: it loses some, and is told how many. Nobody waits for it.

local stream = {}

--- Passes one answer on.
---@param id integer
---@param one {say: function, skipped?: integer} of this client
---@param answer table
---@return boolean sent
---@return boolean gone there is no such client any more
function stream.pass(id, one, answer)
  local sent, why = true, nil
  if (one.skipped or 0) > 0 then sent, why = one.say(id, {skipped = one.skipped}) end
  if sent then
    one.skipped = 0
    sent, why = one.say(id, answer)
  end
  if not sent then one.skipped = one.skipped + 1 end
  return sent, why == "gone"
end

return stream
