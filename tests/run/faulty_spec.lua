-- Faulty files of the user directory: each ends the command as tests/run/faulty_cases.lua says, with file, line, field.

local support = require "run.support"
local system = require "core.system"

local cases = {}
for _, case in ipairs(require "run.faulty_cases") do
  if not case.of_root or system.identity().uid == 0 then cases[#cases + 1] = case end
end

local SIDE_BY_SIDE = 4

local base, result = nil, {}

local function command(case, directory)
  local set = {
    PATH = "/usr/sbin:/usr/bin:/bin", SYNAPSE_SERVER_NAME = "localhost", SYNAPSE_REPORT_STATS = "no",
    SYNAPSE_CONFIG_DIR = directory .. "/data", SYNAPSE_DATA_DIR = directory .. "/data",
    SYNLUA_RUNTIME_DIR = directory .. "/run", SYNLUA_USER_DIR = directory .. "/user",
  }
  for name, value in pairs(case.variables or {}) do set[name] = value end
  local words = {"env", "-i"}
  for name, value in pairs(set) do words[#words + 1] = support.quote(name .. "=" .. value) end
  return ("%s timeout -s KILL 120 %s %s >%s/out 2>&1; echo $? >%s/status"):format(table.concat(words, " "),
    support.quote(support.SYNLUA), case.fine and "plan" or "check", directory, directory)
end

local function run_all(list)
  for first = 1, #list, SIDE_BY_SIDE do
    local commands = {}
    for at = first, math.min(first + SIDE_BY_SIDE - 1, #list) do
      local directory = ("%s/%d"):format(base, at)
      local path = directory .. "/user/" .. list[at][2]
      support.write(path, list[at][3])
      if list[at].change then assert(os.execute((list[at].change:gsub("{file}", path)))) end
      commands[#commands + 1] = ("{ %s; } &"):format(command(list[at], directory))
    end
    assert(os.execute(table.concat(commands, "\n") .. "\nwait"))
  end
  for at in ipairs(list) do
    local directory = ("%s/%d"):format(base, at)
    result[at] = {text = support.read(directory .. "/out"), status = tonumber(support.read(directory .. "/status")),
      file = directory .. "/user/" .. list[at][2]}
  end
end

describe("a file of the user directory with", function()
  setup(function()
    base = support.directory()
    run_all(cases)
  end)
  teardown(function() support.remove(base) end)

  for at, case in ipairs(cases) do
    it(("%s is told with its place: %s"):format(case[1], case[2]), function()
      local said = result[at]
      assert.equal(case.fine and 0 or 78, said.status, said.text)
      assert.is_true(#said.text <= (case.bytes or math.huge), #said.text)
      for part in case.says:gmatch "%Z+" do
        local whole = part:gsub("{file}", (said.file:gsub("%%", "%%%%")))
        assert.is_truthy(said.text:find(whole, 1, true), ("%s\nis not in\n%s"):format(whole, said.text))
      end
      for _, never in ipairs {"it ran", "stack traceback", "internal error", "please report"} do
        assert.is_nil(said.text:find(never, 1, true), said.text)
      end
    end)
  end
end)

describe("a file of the user directory that becomes another thing while it is read", function()
  local directory, name

  before_each(function() directory = support.directory() end)
  after_each(function() support.remove(directory) end)

  for file, text in pairs {["services/bridge.lua"] = "return {api = 2, argv = {'/bin/true'}}\n",
    ["templates/mine.conf"] = "# fine\n"} do
    it("ends nothing but the command, with its name: " .. file, function()
      name = directory .. "/user/" .. file
      support.write(name, text)
      -- Ends with the file that tells it to go on, or after a minute.
      assert(os.execute(([[
        echo >%s/go; ( n=0; while [ -e %s/go ] && [ $n -lt 20000 ]; do n=$((n + 1))
          mkfifo {f}.1; mv -f {f}.1 {f}; cp %s/text {f}.2; mv -f {f}.2 {f}; rm -f {f}; mkdir {f}; rmdir {f}
          ln -s /etc/passwd {f}.3; mv -f {f}.3 {f}; mknod {f}.4 c 1 5 2>/dev/null && mv -f {f}.4 {f}
          cp %s/text {f}.2; mv -f {f}.2 {f}
        done ) >/dev/null 2>&1 &]]):format(directory, directory, directory, directory):gsub("{f}", name)))
      support.write(directory .. "/text", text)
      for _ = 1, 30 do
        assert(os.execute(command({fine = true}, directory)))
        local said, status = support.read(directory .. "/out"), tonumber(support.read(directory .. "/status"))
        assert.is_true(status == 0 or status == 78, said)
        assert.is_true(status == 0 or said:find("user/" .. file, 1, true) ~= nil, said)
        for _, never in ipairs {"stack traceback", "internal error"} do
          assert.is_nil(said:find(never, 1, true), said)
        end
      end
      os.remove(directory .. "/go")
    end)
  end
end)

describe("the table of faulty files", function()
  it("has at least sixty, and no two of one sentence", function()
    local seen = {}
    for _, case in ipairs(cases) do
      local name = case[1] .. case[2]
      assert.is_nil(seen[name], name)
      seen[name] = true
    end
    assert.is_true(#cases >= 60)
  end)
end)
