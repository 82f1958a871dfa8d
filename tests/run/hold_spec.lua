-- What a start does while Synapse's own parser is asked: the services that Synapse waits for start, and nothing else.

local file = require "core.file"
local support = require "run.support"

-- Synapse's Python: the parser waits for its answer, and Synapse itself only says that it runs. With a fork server it
-- would be another program.
local PYTHON = [[#!/bin/sh
case $1$2 in -I-B) echo $$ >>%s/asked; exec /usr/bin/python3 -I %s/answer.py ;; esac
exec %s/synapse.py "$@"
]]

local ANSWER = [[
import os, time
while not os.path.exists("%s/answer"):
    time.sleep(0.01)
with open("%s/answer", "rb") as file:
    answer = file.read()
os.ftruncate(0, 0)
os.lseek(0, 0, os.SEEK_SET)
os.write(0, answer)
]]

local GOOD = '{"synlua": 1, "problems": [], "read": [], "looked": []}'
local REFUSED = [[{"synlua": 1, "problems": [{"process": "main", "option": ["rc_login"], "text": "is no table"}]}]]

local run

-- A start on an empty data directory, with a worker, so that PostgreSQL and Redis are needed.
local function start()
  local path = run.directory
  support.write(path .. "/python", PYTHON:format(path, path, path))
  support.write(path .. "/answer.py", ANSWER:format(path, path))
  support.write(path .. "/asked", "")
  assert(os.execute(("cd %s; cp %s/synapse.py .; chmod 755 python; chmod 666 asked; rm -f status pid log"):format(
    path, support.quote(support.FAKES))))
  run:start()
end

local function answer(text)
  support.write(run:path "answer.new", text)
  assert(os.rename(run:path "answer.new", run:path "answer"))
end

local function state(name) return (run:service(name) or {}).state end

-- Arguments of processes that have the run's directory in them. The test's own mv, which has just written the status of
-- the end, may be there still.
local function left()
  local found = {}
  for name in pairs(file.list("/proc", "")) do
    local words = support.read(("/proc/%s/cmdline"):format(name))
    if words:find(run.directory .. "/", 1, true) and not words:find "^mv%A" then found[#found + 1] = words end
  end
  return table.concat(found, "\n")
end

describe("while Synapse's parser is asked", function()
  before_each(function()
    run = support.run({}, {level = "DEBUG", variables = {SYNAPSE_WORKER_TYPES = "pusher", SYNLUA_FORK_SERVER = "no",
      SYNAPSE_HTTP_PORT = support.port()}})
    run.options.variables.SYNLUA_SYNAPSE_PYTHON = run:path "python"
  end)
  after_each(support.finish)

  it("the services start for which Synapse waits, and a refusal ends them with 78 and its reason", function()
    start()
    run:says("postgres_setup is ready", 5 * support.LONG) -- a cluster is made
    for _, name in ipairs {"synapse", "pusher1", "nginx"} do assert.equal("waiting", state(name), name) end
    assert.equal("waits for the answer of Synapse's parser", run:service "synapse".note)
    answer(REFUSED)
    assert.equal(78, run:status())
    local log = run:log()
    assert.truthy(log:find("rc_login: is no table", 1, true), log)
    assert.truthy(log:match "([^\n]*)\n$":find("exit 78: .*rc_login: is no table"), log)
    assert.is_nil(log:find("synapse started", 1, true), log)
    assert.equal("", left())
    assert.is_false(support.exists(run:path "data/.synlua.checked"))

    answer(GOOD)
    start()
    run:says "synlua | ready in"
    run:stop()
    assert.truthy(support.exists(run:path "data/.synlua.checked"))
  end)

  it("a cluster that is being made when the answer is a refusal is made anew by the next start", function()
    start()
    run:says("postgres_init started", support.LONG)
    answer(REFUSED)
    assert.equal(78, run:status())
    assert.equal("", left())
    answer(GOOD)
    start()
    run:says("synlua | ready in", 5 * support.LONG)
    run:stop()
  end)

  it("a signal ends the start, and a parser that ends without an answer is told and holds nothing up", function()
    start()
    run:says("postgres_init started", support.LONG)
    run:signal "TERM"
    assert.equal(143, run:status())
    assert.equal("", left())
    answer "nothing"
    start()
    run:says("synlua | ready in", 5 * support.LONG)
    run:says "Synapse's own parser was not asked about the configuration: it ended without an answer"
    run:stop()
  end)
end)
