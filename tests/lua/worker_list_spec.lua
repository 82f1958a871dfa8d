local fixture = require "settings_fixture"
local presets = require "settings.worker_list.presets"
local types = require "worker_types"
local workers = require "settings.worker_list"

local function read(text, host)
  local asked, faults = workers.read(text, types, host or {cpus = 2})
  assert.same({}, faults)
  return asked
end

local function names(text, host)
  local list = {}
  for at, worker in ipairs(read(text, host)) do list[at] = worker.name end
  return table.concat(list, " ")
end

local function faults(text)
  local asked, found = workers.read(text, types, {cpus = 2})
  assert.is_nil(asked)
  return found
end

local function fault(text)
  local found = faults(text)
  assert.equal(1, #found, text)
  assert.is_string(found[1].hint)
  return found[1].what
end

describe("SYNAPSE_WORKER_TYPES", function()
  it("makes names of types and numbers", function()
    assert.equal("synchrotron1 synchrotron2 typing1", names "synchrotron:2,typing")
    assert.same({name = "event_persister1", base = "event_persister", types = {"event_persister"}},
      read "event_persister"[1])
  end)

  it("may have blanks and line breaks around every part", function()
    assert.equal("a1 a2 pusher+user_dir1", names "  a =\tsynchrotron : 2 ,\n  user_dir + pusher ")
  end)

  it("counts an item that is given twice", function()
    assert.equal("synchrotron1 synchrotron2", names "synchrotron,synchrotron")
  end)

  it("numbers all items with the same types through, whatever their names", function()
    assert.equal("a1 b2 a3 synchrotron4", names "a=synchrotron,b=synchrotron,a=synchrotron,synchrotron")
  end)

  it("names a process after its types as written, sorted, each once", function()
    assert.equal("client_reader+pusher1", names "pusher+client_reader+pusher")
    assert.same({"client_reader_non_room", "client_reader_room", "pusher"}, read "pusher+client_reader"[1].types)
  end)

  it("does not mind the order in which the types of one name are written", function()
    assert.equal("pusher+user_dir1 pusher+user_dir2", names "pusher+user_dir,user_dir+pusher")
  end)

  it("never gives two workers one name, however their types are written", function()
    assert.equal("sync1 sync2", names "sync=client_reader, sync=client_reader_room+client_reader_non_room")
    assert.equal("a1 a2 a3", names "a=client_reader:2, a=client_reader_non_room+client_reader_room")
    assert.equal("a1 a2 a3", names "a=client_reader, a=client_reader_non_room+client_reader_room:2")
  end)

  it("refuses names that are too long for the files of a worker, with the way out", function()
    local long = ("x"):rep(199)
    assert.equal(long .. "1", names(long .. "=typing"))
    local found = faults(long .. "x=typing")
    assert.equal("column 1: the worker's name would have 201 bytes, at most 200 can be", found[1].what)
    assert.matches("NAME=TYPE", found[1].hint)
  end)

  it("lets a name hold the sign that joins types", function()
    assert.equal("pusher+x1", names "pusher+x=synchrotron")
  end)

  it("lets a worker be called as an upstream of nginx was", function()
    assert.equal("main_synapse_process1 master1", names "main_synapse_process=synchrotron,master=pusher")
  end)

  it("knows the shorthands, inside of combinations too", function()
    assert.same({"client_reader_non_room", "client_reader_room", "federation_reader_non_room",
      "federation_reader_room"}, read "x=room_reader+general_reader"[1].types)
    assert.same({"federation_reader_non_room", "federation_reader_room"}, read "federation_reader"[1].types)
  end)

  it("knows full as the image before made it, beside other items", function()
    assert.equal(16, #read "full")
    assert.equal("federation_reader1", read "full"[6].name)
    assert.equal(17, #read "full,push_rules")
  end)

  it("knows presets by size, all of them sound", function()
    for name in pairs(presets.lists) do assert.is_true(#read(name) >= 4, name) end
  end)

  it("chooses a preset by processors and memory", function()
    local function note(cpus, memory) return read("auto", {cpus = cpus, memory = memory}).notes[1] end
    assert.equal("auto stands for small here", note(2, 4 << 30))
    assert.equal("auto stands for small here", note(2, 7 << 28))
    assert.equal("auto stands for small here", note(16, (7 << 29) - 1))
    assert.equal("auto stands for medium here", note(4))
    assert.equal("auto stands for medium here", note(16, 7 << 29))
    assert.equal("auto stands for large here", note(16, 64 << 30))
    assert.equal("auto stands for large here", note(16, 14 << 30))
    assert.equal("auto runs the main process only here", note(1, 64 << 30))
    assert.equal(0, #read("auto", {cpus = 8, memory = 1 << 30}))
  end)

  it("runs no worker of an item with count 0, and says so", function()
    assert.equal("typing1", names "synchrotron:0,typing")
    assert.same({"synchrotron:0 runs none"}, read "synchrotron:0".notes)
  end)

  it("may be blank", function() assert.equal(0, #read "  ") end)

  it("shards receipts, which Synapse allows", function() assert.equal("receipts1 receipts2", names "receipts:2") end)

  it("says where more of a type do not help", function()
    assert.matches("2 workers of type user_dir: only the first", read "user_dir:2".notes[1])
  end)

  it("is a setting, and its notes are warnings", function()
    local got, problems, warnings = fixture.read {SYNAPSE_WORKER_TYPES = "user_dir:2"}
    assert.same({}, problems)
    assert.equal("user_dir2", got.SYNAPSE_WORKER_TYPES[2].name)
    assert.matches("only the first does its work", warnings[1].what)
  end)

  it("gives no workers if it is not set", function()
    local got = fixture.read {}
    assert.equal(0, #got.SYNAPSE_WORKER_TYPES)
  end)
end)

describe("SYNAPSE_WORKER_TYPES refuses", function()
  it("unknown types, with the column and a suggestion", function()
    assert.equal('column 9: no worker type is called "synchotron"; did you mean synchrotron?',
      fault "typing, synchotron")
    assert.matches("did you mean typing%?", fault "Typing")
    assert.matches('^column 1: no worker type is called "nonsense"$', fault "nonsense")
    assert.matches("the types are account_data, appservice, auto,", faults "nonsense"[1].hint)
  end)

  it("counts columns in characters, not bytes", function()
    assert.matches('^column 4: no worker type is called "x"', faults "é, x"[2].what)
  end)

  it("a comma too many", function()
    assert.equal("column 8: there is no item between the commas", fault "typing,")
    assert.equal("column 8: there is no item between the commas", fault "typing,,pusher")
    assert.equal("column 1: there is no item between the commas", fault ",typing")
  end)

  it("missing types", function()
    assert.equal("column 6: there is no type after the =", fault "name=")
    assert.equal("column 8: there is no type beside the +", fault "typing+")
    assert.equal("column 1: there is no type before the :", fault ":2")
  end)

  it("counts that are no numbers", function()
    for _, count in ipairs {"-1", "x", "", "1.5", "2=a"} do
      assert.matches("is no number of workers", fault("synchrotron:" .. count))
    end
    assert.equal("column 13: at most 500 workers can run", fault "synchrotron:501")
    assert.matches("1000 workers; at most 500 can run", fault "synchrotron:500,pusher:500")
  end)

  it("a second sign of a kind", function()
    assert.equal("column 9: a second = in one item", fault "a=typing=b")
    assert.equal("column 14: types after the count", fault "synchrotron:2+pusher")
    assert.equal("column 14: a second : in one item", fault "synchrotron:2:3")
  end)

  it("bad names", function()
    for _, name in ipairs {"a1", "1", "a b", "ä", "a/b", "a.b", "../x"} do
      assert.matches("a name has letters, digits, _, %+ and %-, and no digit at its end", fault(name .. "=typing"))
    end
    assert.matches("there is no name before the =", fault "=typing")
  end)

  it("a second worker of types that Synapse allows once", function()
    for _, name in ipairs {"background_worker", "account_data", "presence", "typing", "to_device", "push_rules",
      "appservice", "sso_login"} do
      assert.matches(("2 workers of type %s; Synapse allows 1"):format(name), fault(name .. ":2"))
      assert.matches("^column %d+: 2 workers", fault(("%s, x=pusher+%s"):format(name, name)))
    end
  end)

  it("one name for different types", function()
    assert.equal("column 10: the name a stands for typing already", fault "a=typing,a=pusher")
    assert.matches("the name pusher stands for user_dir already", fault "pusher=user_dir,pusher")
  end)

  it("presets with a name, a count or other types", function()
    for _, text in ipairs {"x=full", "full:2", "small+typing", "auto:1"} do
      assert.matches("stands for several items and takes no name, %+ or count", fault(text))
    end
  end)

  it("with everything that is wrong at once, in its order", function()
    local found = faults "nope, typing:2, a1=pusher, synchrotron:x"
    assert.same({1, 7, 17, 40}, {found[1].at, found[2].at, found[3].at, found[4].at})
    local _, problems = fixture.read {SYNAPSE_WORKER_TYPES = "nope, typing:2"}
    assert.equal(2, #problems)
    assert.equal("SYNAPSE_WORKER_TYPES", problems[1].where)
  end)
end)

describe("any text", function()
  it("is read or refused, without an error", function()
    local random = require "samples".generator(7)
    local pieces = {"a", "typing", ",", ":", "=", "+", " ", "2", "full", "é", "\0"}
    for _ = 1, 3000 do
      local parts = {}
      for at = 1, random(8) do parts[at] = pieces[random(#pieces)] end
      local asked, found = workers.read(table.concat(parts), types, {cpus = 1})
      assert.is_true(asked ~= nil or #found > 0)
    end
  end)
end)
