-- Mail that Synapse sends: verification, password reset, notices of missed messages.

return {
  title = "Mail",
  entries = {
    {name = "SYNAPSE_EMAIL", kind = "boolean", default = false, acts = "Synapse",
      doc = "Let Synapse send mail; needs SYNAPSE_EMAIL_SMTP_HOST."},
    {name = "SYNAPSE_EMAIL_SMTP_HOST", kind = "host", acts = "Synapse", doc = "Mail server that takes the mail."},
    {name = "SYNAPSE_EMAIL_SMTP_PORT", kind = "port", acts = "Synapse",
      default_text = "465 where SYNAPSE_EMAIL_TLS is implicit, else 25",
      default = function(settings) return settings.SYNAPSE_EMAIL_TLS == "implicit" and 465 or 25 end,
      doc = "Port of the mail server."},
    {name = "SYNAPSE_EMAIL_TLS", kind = "word", words = {"required", "implicit", "optional", "off"}, acts = "Synapse",
      default_text = "implicit on port 465, else required",
      default = function(settings) return settings.SYNAPSE_EMAIL_SMTP_PORT == 465 and "implicit" or "required" end,
      doc = "required and optional: STARTTLS; implicit: TLS from the first byte; off: none."},
    {name = "SYNAPSE_EMAIL_SMTP_USER", kind = "string", single_line = true, acts = "Synapse",
      doc = "User at the mail server; unset: no login."},
    {name = "SYNAPSE_EMAIL_SMTP_PASS", kind = "string", acts = "Synapse",
      doc = "Password at the mail server."},
    {name = "SYNAPSE_EMAIL_NOTIF_FROM", kind = "sender", acts = "Synapse",
      default_text = "Synapse homeserver <noreply@SERVER_NAME>",
      doc = "Sender: noreply@example.org, or a name with the address in <>; %(app)s stands for the name below."},
    {name = "SYNAPSE_EMAIL_APP_NAME", kind = "string", single_line = true, acts = "Synapse",
      default_text = "Synapse's: Matrix", doc = "Name of your service in mail."},
  },
}
