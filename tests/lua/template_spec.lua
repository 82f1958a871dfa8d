local quote = require "files.quote"
local samples = require "samples"
local tables = require "lib.tables"
local template = require "files.template"

local function plain(value) return tostring(value) end

local function compile(text)
  local compiled, problem = template.compile(text, "templates/x.conf")
  assert(compiled, problem and problem.where .. " " .. problem.what)
  return compiled
end

local function render(text, values, format)
  local out, problem = template.render(compile(text), values, format or plain)
  assert(out, problem and problem.where .. " " .. problem.what)
  return out
end

local function refuse(where, what, text, values, format)
  local compiled, problem = template.compile(text, "t")
  local out
  if compiled then out, problem = template.render(compiled, values or {}, format or plain) end
  assert.is_nil(out)
  assert.are.equal("t:" .. where, problem.where)
  assert.are.equal(what, problem.what)
  assert.is_string(problem.hint)
  return problem
end

describe("a template", function()
  it("copies text without tags byte for byte", function()
    for _, text in ipairs{"", "\n", "a", "a\n", "\n\n  a\r\n\tb", "}} %} #} { } % #", "\0\255", "{ {x} {\n"} do
      assert.are.equal(text, render(text, {}))
    end
  end)

  it("inserts every value through the quoting function", function()
    local seen = {}
    local function record(value)
      seen[#seen + 1] = value
      return "<" .. tostring(value) .. ">"
    end
    assert.are.equal("a<1>b<x>c<false><2.5>", render("a{{n}}b{{ s }}c{{\tb.c }}{{ f }}", {n = 1, s = "x",
      b = {c = false}, f = 2.5}, record))
    assert.same({1, "x", false, 2.5}, seen)
  end)

  it("never reads a value as template text", function()
    for _, value in ipairs{"{{ secret }}", "{% end %}", "{# x", "%1", "%%"} do
      assert.are.equal("[" .. value .. "]", render("[{{ v }}]", {v = value, secret = "no"}))
    end
  end)

  it("gives the byte in front to the quoting function", function()
    local seen = {}
    local function record(value, before)
      seen[#seen + 1] = before
      return value
    end
    render("{{ a }}{{ b }} {{ a }}\n{% if a %}\n{{ raw none }}{{ a }}{% end %}", {a = "x", b = "",
      none = template.raw ""}, record)
    assert.same({"", "x", " ", "\n"}, seen)
  end)

  it("refuses a value that would break out of a glued word", function()
    assert.are.equal("listen unix:/run/a;", render("listen unix:{{ p }};", {p = "/run/a"}, quote.nginx))
    local problem = refuse("2:13", "p cannot be written here: it needs quotes, but other text stands before it, "
      .. "so that quotes would have no effect", "\nlisten unix:{{ p }};", {p = "/run/a;b"}, quote.nginx)
    assert.are.equal("give it another value", problem.hint)
  end)

  it("passes on why a value cannot be quoted, without the value", function()
    refuse("1:2", "p cannot be written here: it has a control character", " {{ p }}", {p = "secret\n"}, quote.nginx)
  end)

  describe("inserting raw text", function()
    it("accepts only text that the program marked", function()
      assert.are.equal("a $x; {b", render("a {{ raw r }} {b", {r = template.raw "$x;"}, quote.nginx))
      for _, value in ipairs{"x", 1, true, false, {}, {text = "x"}, setmetatable({text = "x"},
        {__name = "template.raw"})} do
        local what = type(value) == "table" and "a table" or "a " .. type(value)
        refuse("1:1", "r is " .. what .. ", not raw text", "{{ raw r }}", {r = value})
      end
    end)

    it("survives a copy", function()
      assert.are.equal("$", render("{{ raw a.r }}", tables.copy{a = {r = template.raw "$"}}))
    end)

    it("is the only way for such text, and has no fields", function()
      local problem = refuse("1:1", "r is raw text and cannot be inserted", "{{ r }}", {r = template.raw "x"})
      assert.are.equal("write {{ raw r }}", problem.hint)
      refuse("1:1", "r is raw text and has no field text", "{{ r.text }}", {r = template.raw "x"})
      refuse("1:1", "r is not a list", "{% for x in r %}{% end %}", {r = template.raw "x"})
    end)

    it("wraps strings only", function() assert.has_error(function() template.raw(1) end) end)
  end)

  describe("branching", function()
    local text = "{% if a %}A{% elseif b %}B{% elseif not c %}C{% else %}D{% end %}."

    it("takes the first branch that holds", function()
      for a = 0, 1 do
        for b = 0, 1 do
          for c = 0, 1 do
            local expected = a == 1 and "A." or b == 1 and "B." or c == 0 and "C." or "D."
            assert.are.equal(expected, render(text, {a = a == 1, b = b == 1, c = c == 1}))
          end
        end
      end
    end)

    it("treats false and an empty table as false, and all else as true", function()
      for _, value in ipairs{true, 0, "", "false", {1}, {x = 1}, template.raw ""} do
        assert.are.equal("y", render("{% if v %}y{% else %}n{% end %}", {v = value}))
        assert.are.equal("", render("{% if not v %}y{% end %}", {v = value}))
      end
      for _, value in ipairs{false, {}, setmetatable({}, {__name = "yaml.seq"}), tables.freeze({}, "x")} do
        assert.are.equal("n", render("{% if v %}y{% else %}n{% end %}", {v = value}))
      end
    end)

    it("does not look at names in branches not taken", function()
      assert.are.equal("", render("{% if a %}{{ nowhere }}{% for x in nowhere %}{% end %}{% end %}", {a = false}))
      assert.are.equal("A.", render(text, {a = true}))
    end)
  end)

  describe("looping", function()
    it("goes through a list in order", function()
      assert.are.equal("a1;b2;", render("{% for s in l %}{{ s.n }}{{ s.v }};{% end %}", {l = {{n = "a", v = 1},
        {n = "b", v = 2}}}))
      assert.are.equal("xfalse", render("{% for s in l %}{{ s }}{% end %}", {l = {"x", false}}))
      assert.are.equal("", render("{% for s in l %}x{% end %}", {l = {}}))
    end)

    it("nests, and the innermost variable of a name counts", function()
      local values = {l = {{l = {1, 2}}, {l = {3}}}, x = "outer"}
      assert.are.equal("1 2 |3 |outer",
        render("{% for x in l %}{% for x in x.l %}{{ x }} {% end %}|{% end %}{{ x }}", values))
    end)

    it("works inside branches and around them", function()
      local loop = "{% for a in l %}{% if a.up %}{{ a.n }}{% else %}-{% end %}{% end %}"
      local text = "{% if on %}" .. loop .. "{% else %}off{% end %}"
      local list = {{up = true, n = 1}, {up = false}, {up = true, n = 3}}
      assert.are.equal("1-3", render(text, {on = true, l = list}))
      assert.are.equal("off", render(text, {on = false}))
    end)

    it("refuses a value that is no list", function()
      for _, value in ipairs{"abc", 3, true, false, {a = 1}} do
        refuse("1:2", "l is not a list", " {% for x in l %}{% end %}", {l = value})
      end
    end)
  end)

  describe("lines", function()
    it("vanish when they hold only block tags or comments", function()
      assert.are.equal("a\nb\nc\n", render("a\n  {% if t %}\nb\n\t{% end %}  \n{# note #}\nc\n", {t = true}))
      assert.are.equal("a\n", render("{# one #} {% if t %} {# two #}\na\n{% end %}", {t = true}))
      assert.are.equal("a\r\nb\r\n", render("a\r\n{% if t %}\r\nb\r\n{% end %}\r\n", {t = true}))
      assert.are.equal("a\n", render("a\n{% if t %}\n{% end %}", {t = true}))
      assert.are.equal("a\nb", render("a\n  {# many\nlines\n #}  \nb", {}))
      assert.are.equal("1\n2\n", render("{% for x in l %}\n{{ x }}\n{% end %}\n", {l = {1, 2}}))
    end)

    it("stay when they hold anything else", function()
      assert.are.equal("a \n", render("a {# note #}\n", {}))
      assert.are.equal("  1  \n", render("  {% if t %}{{ n }}{% end %}  \n", {t = true, n = 1}))
      assert.are.equal(" x\n", render("{# many\nlines #} x\n", {}))
      assert.are.equal("\n \n", render("\n \n", {}))
      assert.are.equal("\n", render("{{ v }}\n", {v = ""}))
      assert.are.equal("a\n\nb\n", render("a\n\n{# x #}\nb\n", {}))
    end)
  end)

  describe("names", function()
    it("that are unknown are errors with template, line, column and the known names", function()
      local problem = refuse("3:5", "unknown name servr", "\n\n    {{ servr }}", {server = 1, other = 2, [1] = 3})
      assert.are.equal("known here: other, server", problem.hint)
      refuse("1:1", "unknown name a.b", "{{ a.b }}", {a = {}})
      refuse("1:1", "unknown name a.b", "{{ a.b.c }}", {a = {c = {}}})
      refuse("1:1", "unknown name x", "{% if x %}{% end %}")
      refuse("1:1", "unknown name x", "{% if not x %}{% end %}")
      refuse("1:1", "unknown name x", "{% for i in x %}{% end %}")
      refuse("1:1", "unknown name x", "{{ raw x }}")
      refuse("2:14", "unknown name x", "\n{% if t %}aaa{{ x }}{% end %}", {t = true})
      refuse("2:5", "unknown name x", "{% if f %}\naaaa{% elseif x %}{% end %}", {f = false})
    end)

    it("end with their loop", function()
      refuse("1:39", "unknown name item", "{% for item in l %}{{ item }}{% end %}{{ item }}", {l = {1}})
    end)

    it("lead through tables only", function()
      refuse("1:1", "s is a string and has no field len", "{{ s.len }}", {s = "x"})
      refuse("1:1", "a.b is a boolean and has no field c", "{{ a.b.c }}", {a = {b = false}})
    end)

    it("do not reach metatables", function()
      refuse("1:1", "unknown name a.x", "{{ a.x }}", {a = setmetatable({}, {__index = {x = 1}})})
    end)

    it("of frozen tables are found, and unknown ones are problems", function()
      local settings = tables.freeze({port = 80, list = {1, 2}}, "settings")
      assert.are.equal("80 12", render("{{ s.port }} {% for x in s.list %}{{ x }}{% end %}", {s = settings}))
      local problem = refuse("1:1", "unknown name s.prt", "{{ s.prt }}", {s = settings})
      assert.are.equal("known here: list, port", problem.hint)
      assert.are.equal("80", render("{{ port }}", settings))
      assert.are.equal("ab", render("{% for x in l %}{{ x }}{% end %}", {l = tables.freeze({"a", "b"}, "l")}))
    end)

    it("may begin like words of the language", function()
      assert.are.equal("123", render("{{ endpoint }}{{ format }}{{ a.end }}", {endpoint = 1, format = 2,
        a = {["end"] = 3}}))
      for _, word in ipairs{"raw", "not", "in", "for", "if", "elseif", "else", "end"} do
        refuse("1:1", ("unknown tag {{ %s }}"):format(word), ("{{ %s }}"):format(word), {[word] = 1})
      end
    end)
  end)

  it("refuses to insert tables, functions and other things", function()
    refuse("1:1", "v is a table and cannot be inserted", "{{ v }}", {v = {}})
    refuse("1:1", "v is a function and cannot be inserted", "{{ v }}", {v = print})
    refuse("1:1", "v is a thread and cannot be inserted", "{{ v }}", {v = coroutine.create(print)})
  end)

  describe("with a broken tag", function()
    it("says where", function()
      refuse("2:3", "{{ without }}", "a\n  {{ x\n}}")
      refuse("1:1", "{% without %}", "{% if x")
      refuse("2:2", "{# without #}", "\n {# x\n\n")
      refuse("1:1", "unknown tag {% while x %}", "{% while x %}")
      refuse("1:1", "unknown tag {% iffy %}", "{% iffy %}")
      refuse("2:1", "unknown tag {% end if %}", "{% if x %}\n{% end if %}")
      refuse("1:1", "unknown tag {% for x of y %}", "{% for x of y %}{% end %}")
      refuse("1:1", "unknown tag {% if a and b %}", "{% if a and b %}{% end %}")
    end)

    it("knows no expressions", function()
      for _, body in ipairs{"", "1", "'x'", "a.b()", "a + b", "a..b", "a.", ".a", "a[1]", "a|b", "a b", "raw a b",
        "- a"} do
        refuse("1:1", "unknown tag {{" .. body .. "}}", "{{" .. body .. "}}", {a = {b = 1}, b = 1})
      end
    end)

    it("wants blocks closed and in order", function()
      refuse("2:3", "if without end", "\n  {% if x %}")
      refuse("1:1", "for without end", "{% for x in y %}")
      refuse("2:1", "for without end", "{% if x %}\n{% for x in y %}{% if z %}{% end %}")
      refuse("1:3", "end without for or if", "  {% end %}")
      refuse("1:1", "else without if", "{% else %}")
      refuse("1:1", "elseif without if", "{% elseif x %}")
      refuse("1:17", "else without if", "{% for x in y %}{% else %}{% end %}")
      refuse("1:21", "elseif after else", "{% if x %}{% else %}{% elseif y %}{% end %}")
      refuse("1:21", "else after else", "{% if x %}{% else %}{% else %}{% end %}")
    end)
  end)

  it("renders the same from one compilation any number of times", function()
    local compiled = compile "{% for x in l %}{{ x }}{% end %}"
    assert.are.equal("12", (template.render(compiled, {l = {1, 2}}, plain)))
    assert.are.equal("", (template.render(compiled, {l = {}}, plain)))
    assert.are.equal("12", (template.render(compiled, {l = {1, 2}}, plain)))
  end)

  -- A random tree of nodes is written as a template, and rendered by walking the tree.
  it("agrees with a tree walk on random templates", function()
    local random = samples.generator(42)
    local values = {yes = true, no = false, none = {}, one = {"p"}, three = {"q", 7, false}, text = "T",
      deep = {er = "D"}}
    local conditions, lists = {"yes", "no", "none", "one"}, {"none", "one", "three"}
    local tree

    local function branch(depth, scope)
      local name, negate = conditions[random(4)], random(2) == 1
      local holds = values[name] and values[name] ~= values.none
      local body, expect = tree(depth - 1, scope)
      return (negate and "not " or "") .. name, body, expect, negate ~= (holds and true or false)
    end

    local nodes = {}
    nodes[1] = function() return "x ", function() return "x " end end
    nodes[2] = function() return "{{ text }}", function() return "T" end end
    nodes[3] = function() return "{# c\n#}{{deep.er}}", function() return "D" end end
    nodes[4] = function(_, scope)
      if not scope[1] then return "y", function() return "y" end end
      local name = scope[random(#scope)]
      return "{{ " .. name .. " }}", function(env) return tostring(env[name]) end
    end
    nodes[5] = function(depth, scope)
      local list, name = lists[random(3)], ("v%d"):format(depth)
      local inner = table.move(scope, 1, #scope, 1, {})
      inner[#inner + 1] = name
      local body, expect = tree(depth - 1, inner)
      return ("{%% for %s in %s %%}%s{%% end %%}"):format(name, list, body), function(env)
        local out = {}
        for at, item in ipairs(values[list]) do
          out[at] = expect(setmetatable({[name] = item}, {__index = env}))
        end
        return table.concat(out)
      end
    end
    nodes[6] = function(depth, scope)
      local c1, t1, e1, h1 = branch(depth, scope)
      local c2, t2, e2, h2 = branch(depth, scope)
      local t3, e3 = tree(depth - 1, scope)
      local text = ("{%% if %s %%}%s{%% elseif %s %%}%s{%% else %%}%s{%% end %%}"):format(c1, t1, c2, t2, t3)
      return text, function(env) return (h1 and e1 or h2 and e2 or e3)(env) end
    end

    function tree(depth, scope)
      local texts, expects = {}, {}
      for at = 1, random(4) do
        texts[at], expects[at] = nodes[random(depth > 0 and 6 or 4)](depth, scope)
      end
      return table.concat(texts), function(env)
        local out = {}
        for at, expect in ipairs(expects) do out[at] = expect(env) end
        return table.concat(out)
      end
    end

    for _ = 1, 400 do
      local text, expect = tree(4, {})
      text = "|" .. text .. "|"
      assert.are.equal("|" .. expect{} .. "|", render(text, values), text)
    end
  end)

  it("survives any text with a problem or a result", function()
    local random = samples.generator(9)
    local parts = {"{{", "}}", "{%", "%}", "{#", "#}", " ", "\n", "if ", "x", "end", "else", "for x in l", "not ",
      ".", "a", "\r\n"}
    local good, bad = 0, 0
    for _ = 1, 5000 do
      local text = {}
      for at = 1, random(10) do text[at] = parts[random(#parts)] end
      local compiled, problem = template.compile(table.concat(text), "t")
      if compiled then
        good = good + 1
      else
        bad = bad + 1
        assert.truthy(problem.where:find "^t:%d+:%d+$")
      end
    end
    assert.is_true(good > 500 and bad > 500)
  end)

  it("renders a large configuration in a few milliseconds", function()
    local values = {servers = {}}
    for at = 1, 200 do
      values.servers[at] = {name = "worker" .. at, path = "/run/synlua/" .. at .. ".sock", up = at % 2 == 0,
        words = {"a", "b c"}}
    end
    local compiled = compile(("# a line of text\n"):rep(200) .. [[
{% for s in servers %}
  {% if s.up %}
  upstream {{ s.name }} { server {{ s.path }}; {% for w in s.words %}x {{ w }};{% end %} }
  {% end %}
{% end %}
]])
    local from = os.clock()
    for _ = 1, 10 do assert(template.render(compiled, values, quote.nginx)) end
    local each = (os.clock() - from) / 10
    assert.is_true(each < 0.02, ("%.4f s"):format(each))
  end)
end)
