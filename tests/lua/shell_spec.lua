-- The parts of the shell that need no terminal: completion, tables as text, JSON, help.

local complete = require "cli.shell.complete"
local help = require "cli.shell.help"
local json = require "cli.shell.json"
local show = require "cli.shell.show"
local tables = require "lib.tables"

local VALUES = {
  plan = {services = {nginx = {}, ["a-b"] = {}}, server_name = "x", url = "y"}, text = "abc",
  object = setmetatable({own = 1}, {__index = {read = print, name = "n", remove = print}}),
  strict = show.strict({one = 1}, "number"), frozen = tables.freeze({alpha = 1}, "frozen"),
}

local asked

local TOOLS = {
  names = function() return {"plan", "play", "try", "why"} end,
  value = function(name) return VALUES[name] end,
  words = {why = function() return {"listeners", "log_config", "log_level"} end},
  settings = function() return {"SYNAPSE_A", "SYNAPSE_B", "NGINX_A"} end,
  list = function(directory)
    asked = directory
    local file, inner = {kind = "file"}, {kind = "directory"}
    return directory == "/etc/" and {passwd = file, passwords = inner, [".x"] = file, ["passw\27[2J"] = file}
  end,
}

local function at(before) return complete.at(before, TOOLS, 40) end

describe("completion", function()
  it("finishes a name, or as much as its candidates share", function()
    assert.equal("le", (at "whi"))
    assert.equal("a", (at "x = pl"))
    assert.same({nil, "plan  play"}, {at "pla"})
    assert.same({}, {at "zzz"})
    assert.equal("ction", (at "fun"))
  end)

  it("finishes fields, and methods after a colon, without running anything", function()
    assert.equal("r_name", (at "plan.serve"))
    assert.equal("inx", (at "print(plan.services.ng"))
    assert.same({nil, "read    remove"}, {at "object:re"})
    assert.same({}, {at "object:na"})
    assert.equal("e", (at "object.nam"))
    assert.equal("at", (at "text:form"))
    assert.equal("a", (at "frozen.alph"))
    assert.equal("e", (at "strict.on"))
    assert.same({}, {at "strict.unknown.x"})
    assert.same({}, {at "nothing.x"})
  end)

  it("knows what a function takes in quotes, and the keys of a table in brackets", function()
    assert.equal('ners"', (at 'why "liste'))
    assert.equal("evel'", (at "why('log_l"))
    assert.same({nil, "log_config  log_level"}, {at 'why "log_'})
    assert.equal('-b"', (at 'plan.services["a'))
  end)

  it("finishes names of files in other quotes", function()
    assert.equal("w", (at 'dofile "/etc/pass'))
    assert.same({nil, "/etc/passwd      /etc/passwords/"}, {complete.at("'/etc/passw", TOOLS, 80)})
    assert.equal("rds/", (at "'/etc/passwo"))
    assert.same({}, {at "'x"})
    assert.equal(".", asked)
    assert.same({nil, "plan  play"}, {at [["a\"b" .. pla]]})
  end)

  it("knows settings as keys of try, and only there", function()
    assert.equal("GINX_A", (at "try{N"))
    assert.equal("YNAPSE_", (at "x = try({NGINX_A = 1, S"))
    assert.same({}, {at "try{NGINX_A = S"})
    assert.same({}, {at "try{} S"})
  end)

  it("lists in as many columns as fit", function()
    local _, list = complete.at("", TOOLS, 12)
    assert.equal("and", list:match "^[^\n]+")
    _, list = complete.at("pl", {names = function() return {"pla", "plb", "plc"} end}, 11)
    assert.equal("pla  plc\nplb", list)
  end)
end)

describe("a value as text", function()
  it("is on one line where it fits the terminal, and spread over lines where it does not", function()
    assert.equal('{"a", b = 1}', show.value({"a", b = 1}, {width = 80}))
    assert.equal('{\n  "a",\n  b = 1\n}', show.value({"a", b = 1}, {width = 20}))
    assert.equal('{\n  "a",\n  b = 1\n}', show.value({"a", b = 1}))
  end)

  it("is cut off below four tables on a terminal, and where it holds itself", function()
    assert.equal("{{{{{...}}}}}", show.value({{{{{1}}}}}, {width = 80}))
    local loop = {}
    loop.loop = loop
    assert.equal("{loop = {...}}", show.value(loop, {width = 80}))
  end)

  it("has colours only where asked, and they take no room", function()
    assert.equal("{\27[36m1\27[0m, \27[33mtrue\27[0m}", show.value({1, true}, {width = 32, colours = true}))
  end)

  it("says behind a value where it comes from", function()
    local list = show.strict({a = 1, b = 2}, "number", {a = "set by A"})
    assert.equal("{\n  a = 1,  -- set by A\n  b = 2\n}", show.value(list, {width = 80}))
    assert.equal("{\n  a = 1,\n  b = 2\n}", show.value(list))
  end)

  it("escapes control characters, so that a value cannot move the cursor", function()
    assert.equal('"a\\27[2J"', show.value("a\27[2J", {width = 80}))
  end)
end)

it("JSON has text for what it lacks", function()
  local loop = {}
  loop[1] = loop
  assert.equal('["(seen above)"]', json.text(loop))
  assert.equal("null", json.text(nil))
  assert.matches('^%["function', json.text {print})
end)

it("help knows every variable and function of the shell, and every setting", function()
  for _, list in ipairs {help.VARIABLES, help.FUNCTIONS} do
    for _, item in ipairs(list) do assert.is_string(help.text(item[1], function() return {} end)) end
  end
  assert.matches("^SYNAPSE_SERVER_NAME: ", help.text("SYNAPSE_SERVER_NAME", function() return {} end))
  assert.is_nil(help.text("nothing", function() return {} end))
end)
