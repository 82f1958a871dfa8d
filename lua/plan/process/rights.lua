-- What root needs to run each service as its own user. A container may have taken it away.

local rights = {}

-- Bits of a mask of capabilities, and what for: files are given away, read and written whosesoever they are, get modes
-- that are not their owner's to set; services are ended, and become another user.
local NEEDED = {
  {name = "CHOWN", bit = 0}, {name = "DAC_OVERRIDE", bit = 1}, {name = "FOWNER", bit = 3}, {name = "KILL", bit = 5},
  {name = "SETGID", bit = 6}, {name = "SETUID", bit = 7},
}

--- The problem where root lacks some of that. Whatever else goes wrong then may follow from it.
---@param host Host
---@return Problem?
function rights.problem(host)
  if host.uid ~= 0 or not host.capabilities then return end
  local lacking = {}
  for _, one in ipairs(NEEDED) do
    if host.capabilities & 1 << one.bit == 0 then lacking[#lacking + 1] = one.name end
  end
  if #lacking == 0 then return end
  return {where = "root", what = "lacks these capabilities, which it needs to run each service as its own user: "
    .. table.concat(lacking, ", "),
    hint = ("add --cap-add=%s, or start as the owner of the volume, who needs none (--user UID:GID)"):format(
      table.concat(lacking, ","))}
end

return rights
