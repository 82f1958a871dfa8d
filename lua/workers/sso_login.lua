-- Carries single sign-on through from its first to its last page, in one process.

return {
  api = 2, resources = {"client"}, max = 1,
  doc = "Carries single sign-on through from its first to its last page, in one process.",
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/login/{sso|cas}/redirect", methods = {"GET"}, balance = "one"},
    {path = "/_matrix/client/{r0|v3}/login/sso/redirect/*", methods = {"GET"}, balance = "one"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/login/cas/ticket", methods = {"GET"}, balance = "one"},
    {path = "/_synapse/client/{pick_idp|sso_register}", methods = {"GET"}, balance = "one"},
    {path = "/_synapse/client/new_user_consent", methods = {"GET", "POST"}, balance = "one"},
    {path = "/_synapse/client/pick_username/*", methods = {"GET", "POST"}, balance = "one"},
    {path = "/_synapse/client/oidc/*", methods = {"GET", "POST"}, balance = "one"},
    {path = "/_synapse/client/saml2/*", methods = {"GET", "POST"}, balance = "one"},
    {path = "/_matrix/saml2/*", methods = {"GET", "POST"}, balance = "one"},
  },
}
