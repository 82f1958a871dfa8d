local report = require "settings.report"
local schema = require "settings.schema"

describe("a report of problems", function()
  it("is a list with a hint below each", function()
    assert.equal([[
2 problems:
  A: is wrong
      mend it
  B: is wrong too
1 warning:
  C: is odd
      look at it
]], report.format({{where = "A", what = "is wrong", hint = "mend it"}, {where = "B", what = "is wrong too"}},
      {{where = "C", what = "is odd", hint = "look at it"}}))
  end)

  it("is empty where there is nothing to say", function()
    assert.equal("", report.format({}, {}))
  end)
end)

local SMALL = {topics = {
  {title = "One", entries = {
    {name = "A_B", kind = "boolean", default = false, doc = "Switch."},
    {name = "C", kind = "word", words = {"x", "y"}, default = "x", doc = "Use <c> | %(d)s.", aliases = {"D"}},
  }},
  {title = "Two", entries = {
    {name = "E", kind = "string", secret = true, doc = "Key."},
    {name = "F", kind = "path", default = function() end, default_text = "$E/<f>", doc = "Place."},
    {name = "G", kind = "number", default = 0.5, doc = "Factor."},
  }, patterns = {{pattern = true, name = "H__<any>", kind = "YAML", doc = "Anything."}}},
}}

describe("a table of variables", function()
  it("is readable as text", function()
    assert.equal([[
One
  A_B  (yes or no; default: no)
      Switch.
  C  (x, y; default: x)
      Use <c> | %(d)s. Also: D.

Two
  E  (text)
      Key. Secret.
  F  (path; default: $E/<f>)
      Place.
  G  (number; default: 0.5)
      Factor.
  H__<any>  (YAML; a pattern, not a name)
      Anything.
]], report.format_table(SMALL, "text"))
  end)

  it("is a table per topic as markdown", function()
    assert.equal([[
### One

| Variable | Kind | Default | Meaning |
|---|---|---|---|
| `A_B` | yes or no | `no` | Switch. |
| `C` | x, y | `x` | Use \<c\> \| %(d)s. Also: D. |

### Two

| Variable | Kind | Default | Meaning |
|---|---|---|---|
| `E` | text |  | Key. Secret. |
| `F` | path | $E/\<f\> | Place. |
| `G` | number | `0.5` | Factor. |
| `H__<any>` | YAML; a pattern, not a name |  | Anything. |
]], report.format_table(SMALL, "markdown"))
  end)

  it("has every variable of the schema", function()
    for _, format in ipairs {"text", "markdown"} do
      local all = report.format_table(schema, format)
      for _, entry in ipairs(schema.entries) do assert.is_truthy(all:find(entry.name, 1, true), entry.name) end
      for _, name in ipairs {"SYNAPSE_CONFIG__<option>__<key>...", "SYNAPSE_CACHE_FACTOR_<CACHE>"} do
        assert.is_truthy(all:find(name, 1, true), name)
      end
      assert.equal(all, report.format_table(schema, format))
    end
  end)
end)
