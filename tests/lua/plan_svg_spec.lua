local documents = require "documents"
local fixture = require "plan_fixture"
local grouped = require "plan.grouped"
local picture = require "plan_picture"
local svg = require "files.svg"

local function of(types, options)
  options = options or {}
  options.environment = options.environment or {}
  options.environment.SYNAPSE_WORKER_TYPES = types
  local plan, problems, _, view = fixture.make(options)
  assert.same({}, problems)
  return grouped.of(plan, view.input.worker_types), plan
end

local function group(shown, name)
  for _, one in ipairs(shown.groups) do
    if one.name == name then return one end
  end
end

-- The boxes of a picture: {x, y, right, bottom}, without the frame and the background.
local function boxes(text)
  local list = {}
  for rect in text:gmatch "<rect [^>]*>" do
    if rect:find 'class="box' then
      local function number(name) return tonumber(rect:match(" " .. name .. '="([%d.]+)"')) end
      list[#list + 1] = {x = number "x", y = number "y", right = number "x" + number "width",
        bottom = number "y" + number "height"}
    end
  end
  return list
end

local function overlap(a, b) return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom end

describe("a picture of the plan", function()
  it("shows each of Synapse's processes once, those alike together", function()
    for _, types in ipairs {"", "small", "medium", "large", "typing, writer=event_persister:12"} do
      local shown, plan = of(types)
      local seen, count = {}, 0
      for _, one in ipairs(shown.groups) do
        for _, name in ipairs(one.members) do seen[name], count = (seen[name] or 0) + 1, count + 1 end
      end
      assert.equal(#plan.instances, count)
      for _, instance in ipairs(plan.instances) do assert.equal(1, seen[instance.name], instance.name) end
    end
  end)

  it("says of each what it is for, how many paths lead to it, and where it listens", function()
    local shown = of "synchrotron:3,pusher"
    assert.same({name = "synchrotron", members = {"synchrotron1", "synchrotron2", "synchrotron3"},
      says = "Answers /sync: what is new for a client.", asked = true, at = {"synchrotron1…3_public.sock"},
      paths = group(shown, "synchrotron").paths}, group(shown, "synchrotron"))
    assert.is_true(group(shown, "synchrotron").paths > 0)
    assert.same({name = "pusher1", members = {"pusher1"}, says = "Sends push notifications, sharded by user.",
      asked = false, at = {"pusher1_health.sock"}, paths = 0}, group(shown, "pusher1"))
    assert.equal("Answers every other request.", group(shown, "main").says)
    assert.equal("Answers every request.", group(of "", "main").says)
  end)

  it("shows ports where there are no sockets", function()
    local shown = of("synchrotron:2", {environment = {SYNAPSE_PUBLIC_UNIX_SOCKETS = "no"}})
    assert.matches("^port %d+…%d+$", group(shown, "synchrotron").at[1])
  end)

  it("shows the database, Redis, and where clients reach the homeserver", function()
    local shown = of("small", {environment = {SYNAPSE_HTTP_PORT = "8123", SYNAPSE_REDIS_HOST = "cache",
      POSTGRES_HOST = "db", POSTGRES_PASSWORD = "hush"}})
    assert.same({"PostgreSQL outside", "Redis outside", {"0.0.0.0:8123"}}, {shown.database.name, shown.redis.name,
      shown.entries})
    assert.same({"SQLite", nil}, {of("").database.name, of("").redis})
  end)

  it("has no box over another, and all of them within its edge", function()
    for _, types in ipairs {"", "small", "medium", "large"} do
      local text = picture.of(types)
      local width, height = text:match 'viewBox="0 0 (%d+) (%d+)"'
      local list = boxes(text)
      assert.is_true(#list > 2)
      for at, one in ipairs(list) do
        assert.is_true(one.right <= tonumber(width) and one.bottom <= tonumber(height))
        for other = at + 1, #list do assert.is_false(overlap(one, list[other]), types .. at .. other) end
      end
    end
  end)

  it("gives an address beside a name a line of its own, whose letters all have one width", function()
    local text = picture.of("", {environment = {SYNAPSE_METRICS = "yes"}})
    assert.matches('class="muted"[^>]*>prometheus</text>', text)
    assert.matches('class="path"[^>]*>[%d.]+:9090</text>', text)
  end)

  it("has no script, loads nothing, and holds no secret", function()
    local text = picture.of("large", {environment = {SYNAPSE_FORM_SECRET = "hush-hush", POSTGRES_HOST = "db",
      POSTGRES_PASSWORD = "hush-hush"}})
    for _, word in ipairs {"<script", "href", "url(", "@import", "hush"} do
      assert.is_nil(text:find(word, 1, true), word)
    end
    assert.equal(1, select(2, text:gsub("http", "")), "only the name of the format is an address")
  end)

  it("in the README is what the plan of today draws", function()
    assert.is_truthy(documents.read "README.md":find("](docs/plan.svg)", 1, true))
    assert.equal(picture.of "small", documents.read "docs/plan.svg", "run make docs")
  end)
end)

describe("markup", function()
  it("quotes every text and every attribute", function()
    local made = svg.element("a", {x = '"><script>'}, {"<b>&", svg.element("c", {y = "'"}, "\27[2J\xFF")})
    assert.equal('<a x="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;<c y="&#39;">\\x1B[2J\\xFF</c></a>', made.markup)
  end)

  it("leaves out attributes that are false, and writes numbers without needless digits", function()
    assert.equal('<a x="1.5" y="2"/>', svg.element("a", {class = false, x = 1.5, y = 2.0}).markup)
  end)

  it("cuts and divides by characters, not bytes", function()
    assert.equal("äö…", svg.cut("äöüß", 3))
    assert.equal("äöüß", svg.cut("äöüß", 4))
    assert.same({"ää öö", "üü", "ßßßß…"}, svg.wrap("ää öö üü ßßßßßß", 5))
  end)
end)
