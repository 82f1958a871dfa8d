local document = require "document"
local listeners = require "plan.listeners"
local show = require "shell.show"
local tables = require "tables"
local words = require "processes.words"

local function listener(names, more)
  local made = {type = "http", port = 8008, resources = document.seq {document.map {names = document.seq(names)}}}
  for key, value in pairs(more or {}) do made[key] = value end
  return document.map(made)
end

local function divide(...) return listeners.divide(document.map {listeners = document.seq {...}}) end

describe("an admin's listeners", function()
  it("give nginx the port of the first client listener", function()
    local other = listener({"client"}, {port = 9})
    local divided = divide(listener({"federation"}, {port = 8448}), listener {"client"}, other)
    assert.equal(8008, divided.port)
    assert.same({}, divided.kept)
  end)

  it("stay Synapse's where nginx does not take their place", function()
    local manhole = document.map {type = "manhole", port = 9000}
    local metrics = listener({"metrics"}, {port = 9001})
    local extra = listener({"client"}, {additional_resources = document.map {}})
    assert.same({manhole, metrics, extra}, divide(manhole, metrics, listener {"client", "federation"}, extra).kept)
  end)

  it("hand their other resources to the one that nginx speaks to", function()
    assert.same({client = true, federation = true, consent = true}, divide(listener {"client", "consent"}).resources)
  end)

  it("are client and federation where there are none", function()
    assert.same({kept = {}, resources = {client = true, federation = true}}, listeners.divide(nil))
  end)
end)

describe("tables", function()
  it("are iterated in one order whatever their keys are", function()
    local seen = {}
    for key in tables.sorted {b = 1, a = 2, [2] = 3, [1] = 4, [true] = 5} do seen[#seen + 1] = tostring(key) end
    assert.same({"true", "1", "2", "a", "b"}, seen)
  end)

  it("are copied with what is in them", function()
    local before = {a = {b = {}}}
    local after = tables.copy(before)
    assert.same(before, after)
    assert.are_not.equal(before.a.b, after.a.b)
  end)

  it("raise when frozen: for unknown fields and for writing", function()
    local frozen = tables.freeze({a = 1}, "thing", {a = true, b = true})
    assert.equal(1, frozen.a)
    assert.is_nil(frozen.b)
    assert.has_error(function() return frozen.c end, 'thing has no field "c"')
    assert.has_error(function() frozen.a = 2 end, 'thing is read-only (field "a")')
  end)
end)

describe("words", function()
  it("tell an exit status from a signal", function()
    assert.equal("exit status 9", words.exit {kind = "exit", code = 9})
    assert.equal("killed by SIGKILL", words.exit {kind = "signal", code = 9, signal = "SIGKILL"})
  end)

  it("say a span as people do", function()
    assert.equal("0.84 s", words.span(842))
    assert.equal("12.3 s", words.span(12345))
    assert.equal("4 min 10 s", words.span(250000))
    assert.equal("3 h 0 min", words.span(10800000))
  end)
end)

describe("the shell", function()
  it("shows tables sorted, and no line break of a value", function()
    assert.equal('{\n  "x",\n  a = "1\\n2",\n  ["b c"] = {}\n}', show.value {["b c"] = {}, a = "1\n2", "x"})
  end)

  it("shows a loop as such", function()
    local loop = {}
    loop.self = loop
    assert.equal("{\n  self = {...}\n}", show.value(loop))
  end)

  it("never shows a secret", function()
    local settings = {A = "hidden", B = 1, sources = {A = "A_FILE"}}
    local shown = show.settings(settings, {{name = "A", secret = true}, {name = "B"}})
    assert.same({A = "(secret, from A_FILE)", B = 1}, shown)
  end)
end)
