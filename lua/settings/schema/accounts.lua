-- Registration, and the secrets for accounts.

return {
  title = "Accounts",
  entries = {
    {name = "SYNAPSE_ENABLE_REGISTRATION", kind = "boolean", default = false, option = "enable_registration",
      acts = "Synapse", doc = "Let people register; Synapse asks for one of the verifications below."},
    {name = "SYNAPSE_REGISTRATION_REQUIRES_TOKEN", kind = "boolean", default = false,
      option = "registration_requires_token", acts = "Synapse", doc = "Ask for a registration token made by an admin."},
    {name = "SYNAPSE_REGISTRATIONS_REQUIRE_3PID", kind = "list", words = {"email", "msisdn"},
      option = "registrations_require_3pid", acts = "Synapse",
      doc = "What must be verified at registration: email, msisdn (phone number), or both with a comma."},
    {name = "SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION", kind = "boolean", default = false,
      option = "enable_registration_without_verification", acts = "Synapse",
      doc = "Let anybody register unverified, spammers included."},
    {name = "SYNAPSE_ALLOW_GUEST", kind = "boolean", default = false, option = "allow_guest_access", acts = "Synapse",
      doc = "Let guests in without an account."},
    {name = "SYNAPSE_RECAPTCHA_PUBLIC_KEY", kind = "string", single_line = true, option = "recaptcha_public_key",
      acts = "Synapse", doc = "reCAPTCHA site key; with the private key, registration asks for a captcha."},
    {name = "SYNAPSE_RECAPTCHA_PRIVATE_KEY", kind = "string", single_line = true,
      option = "recaptcha_private_key", acts = "Synapse", doc = "reCAPTCHA secret key."},
    {name = "SYNAPSE_REGISTRATION_SHARED_SECRET", kind = "string", option = "registration_shared_secret",
      acts = "Synapse", default_text = "made once and kept", doc = "Secret that lets its holder create accounts."},
    {name = "SYNAPSE_MACAROON_SECRET_KEY", kind = "string", option = "macaroon_secret_key",
      acts = "Synapse", default_text = "made once and kept", doc = "Secret that signs login tokens."},
    {name = "SYNAPSE_FORM_SECRET", kind = "string", option = "form_secret", acts = "Synapse",
      default_text = "made once and kept", doc = "Secret that signs the forms of consent pages."},
  },
}
