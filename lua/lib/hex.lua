-- Bytes as hexadecimal text.

local hex = {}

--- Two lower case digits for each byte.
---@param bytes string
---@return string
function hex.of(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

return hex
