-- What one entry of `settings` in a service's file says: a variable of that service.

return {
  name = "setting",
  doc = "Each entry of `settings` of a service or a job is a variable of its own. `synlua env` lists it, a wrong value "
    .. "is a problem of the start, and the service or job reads it as `view.settings.NAME`.",
  fields = {
    {name = "name", kind = "string", required = true, pattern = "^[A-Z][A-Z0-9]*_[A-Z0-9_]*$",
      says = "a name of capitals with an underscore in it, such as BRIDGE_PORT", doc = "The name of the variable."},
    {name = "kind", kind = "enum", required = true,
      values = {"boolean", "duration", "host", "integer", "number", "path", "port", "server_name", "size", "string",
        "url", "word"},
      doc = "What its text must be. `boolean`, `integer`, `number` and `port` give such a value, the others a text."},
    {name = "doc", kind = "string", required = true, doc = "One line that says what it does."},
    {name = "default", kind = "either", either = {{kind = "string"}, {kind = "number"}, {kind = "boolean"}},
      doc = "The value where it is not set; without one it is nil then."},
    {name = "required", kind = "boolean", default = "false", doc = "It must be set, or nothing starts."},
    {name = "secret", kind = "boolean", default = "false", doc = "Its value is never shown."},
    {name = "min", kind = "number", doc = "The least value of an integer or number."},
    {name = "max", kind = "number", doc = "The greatest value of an integer or number."},
    {name = "words", kind = "list", of = {kind = "string", plural = "texts"}, doc = "Of a word: what it may be."},
  },
}
