-- Kinds of values that variables of backups have: public keys of age.

local HINT = "write the public key that age-keygen prints, such as age1...; several with blanks. Never the secret one"

-- age1 and 58 characters of its alphabet.
local function age_recipients(value)
  local list = {}
  for word in value:gmatch "[^%s,]+" do
    if not (word:find "^age1[02-9ac-hj-np-z]+$" and #word == 62) then
      return nil, "must be public keys of age", HINT
    end
    list[#list + 1] = word
  end
  return list
end

return {age_recipients = age_recipients}
