-- Mail that Synapse sends: verification, password reset, notices of missed messages.

return {
  title = "Mail",
  entries = {
    {name = "SYNAPSE_EMAIL", kind = "boolean", default = false, acts = "Synapse",
      doc = "Let Synapse send mail; needs SYNAPSE_EMAIL_SMTP_HOST and SYNAPSE_EMAIL_NOTIF_FROM."},
    {name = "SYNAPSE_EMAIL_SMTP_HOST", kind = "host", acts = "Synapse", doc = "Mail server that delivers the mail."},
    {name = "SYNAPSE_EMAIL_SMTP_PORT", kind = "port", acts = "Synapse",
      default_text = "465 where SYNAPSE_EMAIL_TLS is implicit, else 25",
      default = function(settings) return settings.SYNAPSE_EMAIL_TLS == "implicit" and 465 or 25 end,
      doc = "Port of the mail server."},
    {name = "SYNAPSE_EMAIL_TLS", kind = "word", words = {"required", "implicit", "optional", "off"}, acts = "Synapse",
      default_text = "implicit on port 465, else required",
      default = function(settings) return settings.SYNAPSE_EMAIL_SMTP_PORT == 465 and "implicit" or "required" end,
      doc = "required: STARTTLS or no mail; optional: STARTTLS if offered; implicit: TLS at once; off: no TLS."},
    {name = "SYNAPSE_EMAIL_SMTP_USER", kind = "string", single_line = true, acts = "Synapse",
      doc = "User name for the mail server. If unset, Synapse does not log in."},
    {name = "SYNAPSE_EMAIL_SMTP_PASS", kind = "string", secret = true, acts = "Synapse",
      doc = "Password for the mail server."},
    {name = "SYNAPSE_EMAIL_NOTIF_FROM", kind = "sender", acts = "Synapse",
      doc = "Sender: noreply@example.org, or a name with the address in <>. %(app)s is SYNAPSE_EMAIL_APP_NAME."},
    {name = "SYNAPSE_EMAIL_APP_NAME", kind = "string", single_line = true, acts = "Synapse",
      default_text = "Synapse's: Matrix", doc = "Name of your service in the mail."},
  },
}
