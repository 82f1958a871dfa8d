-- Checks the secret of Matrix Authentication Service; see settings/checks.lua.

local checks = {}

-- The blanks of Python that may be in one line of text.
local BLANKS = {[0x20] = true, [0xA0] = true, [0x1680] = true, [0x202F] = true, [0x205F] = true, [0x3000] = true}
for code = 0x2000, 0x200A do BLANKS[code] = true end

-- Synapse reads the secret from a file and removes blanks at both ends, so the secret must not have any there.
function checks.mas_secret(case)
  local secret = case.settings.SYNAPSE_MAS_SECRET
  if secret and (BLANKS[utf8.codepoint(secret, 1)] or BLANKS[utf8.codepoint(secret, utf8.offset(secret, -1))]) then
    case.problem(case.sources.SYNAPSE_MAS_SECRET, "begins or ends with a blank, without which Synapse would use it",
      "take the blank off here and in matrix.secret of the service, or use another secret")
  end
end

return checks
