-- The only table of Synapse's options that hold a secret. It decides which options exclude each other, which secrets
-- synlua keeps, where each comes from, which variables are secret, and which values are never shown.

local secret_options = {}

---@class SecretOption
---@field option string dotted
---@field variable? string that sets it
---@field path? boolean Synapse reads it from the file of OPTION_path as well
---@field kept? string how the name of the file ends in which synlua keeps it; the names are those of the images before
---@field cluster? boolean only processes of one cluster need it

---@type SecretOption[]
secret_options.LIST = {
  {option = "signing_key", path = true},
  {option = "registration_shared_secret", variable = "SYNAPSE_REGISTRATION_SHARED_SECRET", path = true,
    kept = ".registration.key"},
  {option = "macaroon_secret_key", variable = "SYNAPSE_MACAROON_SECRET_KEY", path = true, kept = ".macaroon.key"},
  {option = "form_secret", variable = "SYNAPSE_FORM_SECRET", path = true, kept = ".form.key"},
  {option = "worker_replication_secret", path = true, kept = ".replication.key", cluster = true},
  {option = "turn_shared_secret", variable = "SYNAPSE_TURN_SECRET", path = true},
  {option = "redis.password", variable = "SYNAPSE_REDIS_PASSWORD"},
  {option = "database.args.password", variable = "POSTGRES_PASSWORD"},
  {option = "email.smtp_pass", variable = "SYNAPSE_EMAIL_SMTP_PASS"},
  {option = "recaptcha_private_key", variable = "SYNAPSE_RECAPTCHA_PRIVATE_KEY", path = true},
  {option = "matrix_authentication_service.secret", variable = "SYNAPSE_MAS_SECRET"},
  {option = "manhole_settings.password"},
}

local VARIABLES = {}
for _, secret in ipairs(secret_options.LIST) do VARIABLES[secret.variable or ""] = true end

-- An option holds a secret if its name ends in one of these, in any section or module.
local ENDINGS = {
  "pass$", "passwd$", "passwords?$", "passphrase$", "secrets?$", "tokens?$", "pepper$", "dsn$", "apikeys?$", "pwd$",
}

-- An option also holds a secret if one of these is a word of its name, unless another word shows that it is a path, a
-- time, a switch or something public.
local WORDS = {
  secret = true, secrets = true, key = true, keys = true, password = true, passwords = true, passwd = true, pass = true,
  passphrase = true, token = true, tokens = true, dsn = true, pepper = true,
}
local PUBLIC = {
  "_paths?$", "_files?$", "_lifetime$", "_timeout$", "_interval$", "_expiry$", "_enabled$", "_policy$", "_config$",
  "_settings$", "_providers?$", "_servers?$", "_ur[il]$", "_endpoint$", "_method$", "_alg$", "_algorithm$", "_header$",
  "_length$", "_warning$", "_insecurely$", "_period$", "_ms$", "_ts$", "_type$", "_requirements$", "_delay$",
  "^public_", "_public_", "^rc_", "^enable_", "^request_", "^trust_",
}

local function matches(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

local function lowered(name) return (name:gsub("(%l)(%u)", "%1_%2"):gsub("-", "_"):lower()) end

--- Whether a name says that what is called so is no secret.
---@param name string
---@return boolean
function secret_options.is_public(name) return matches(lowered(name), PUBLIC) end

--- Whether an option of this name holds a secret, in any section.
---@param name any the last part of an option
---@return boolean
function secret_options.is_name(name)
  if type(name) ~= "string" then return false end
  local lower = lowered(name)
  if matches(lower, PUBLIC) then return false end
  if matches(lower, ENDINGS) then return true end
  for word in lower:gmatch "[^_]+" do
    if WORDS[word] then return true end
  end
  return false
end

--- Whether a variable sets a secret.
---@param variable string
---@return boolean
function secret_options.is_variable(variable) return VARIABLES[variable] == true end

--- The secrets that synlua keeps in files.
---@param cluster boolean those that only processes of a cluster need, or the others
---@return {option: string, suffix: string}[]
function secret_options.kept(cluster)
  local list = {}
  for _, secret in ipairs(secret_options.LIST) do
    if secret.kept and (secret.cluster or false) == cluster then
      list[#list + 1] = {option = secret.option, suffix = secret.kept}
    end
  end
  return list
end

return secret_options
