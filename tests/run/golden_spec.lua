-- Compares every file that an environment makes with tests/golden/CASE/tree, byte for byte. CASE has env and may have
-- homeserver.yaml.
-- `make golden` writes the trees anew; read the difference before you commit it.

local lfs = require "lfs"
local support = require "run.support"

local quoted, read = support.quote, support.read

-- The directory stands in the files: by this name in the golden ones.
local NAMED = "/tmp/synlua-golden"
local base, DATA
local PROGRAM = lfs.currentdir() .. "/build/synlua"

local function shell(command) return support.capture(command .. " 2>&1") end

-- One processor, a fixed memory, one version of PostgreSQL and no other variable, so that nothing of the machine stands
-- in the result.
local function render(case, directory)
  local words = {"env -i", "SYNAPSE_CONFIG_DIR=" .. DATA, "SYNAPSE_DATA_DIR=" .. DATA, "SYNLUA_NGINX=/usr/sbin/nginx",
    "SYNLUA_CONTAINER=no", "SYNLUA_MEMORY=4G", ("SYNLUA_POSTGRES_DIR=%s/postgresql"):format(base)}
  for line in io.lines(("tests/golden/%s/env"):format(case)) do words[#words + 1] = quoted(line) end
  -- One processor, and as many open files as every container allows.
  words[#words + 1] = ("taskset -c 0 prlimit --nofile=4096:4096 %s render %s"):format(PROGRAM, directory)
  local text, status = shell(table.concat(words, " "))
  assert(status == 0, text)
  return text
end

-- User ids that every machine gives anew.
local function without_ids(text)
  for _, name in ipairs {"redis", "postgres"} do
    local ids = shell(("echo $(id -u %s):$(id -g %s)"):format(name, name)):gsub("\n", "")
    text = text:gsub(('"user":"%s"'):format(ids), ('"user":"%s"'):format(name))
  end
  return text
end

-- "mode path" of every file, then the content of each below its name.
local function tree(directory)
  local text = shell(("cd %s && find . -type f -printf '%%m %%p\\n' | sort -k2"):format(directory))
  local parts = {text}
  for path in text:gmatch "%d+ (%S[^\n]*)" do
    local content = read(directory .. "/" .. path)
    for _, name in ipairs {"forkserver.py", "immortal.py"} do
      if content == read("core/process/" .. name) then content = ("(core/%s)\n"):format(name) end
    end
    if content == read "build/libimmortal.so" then content = "(build/libimmortal.so)\n" end
    parts[#parts + 1] = ("==== %s\n%s"):format(path, content)
  end
  return (without_ids(table.concat(parts, "\n")):gsub(base, NAMED))
end

local function prepare(case)
  base = support.directory()
  DATA = base .. "/data"
  shell(("mkdir -p %s %s/postgresql/15/bin && touch %s/postgresql/15/bin/postgres"):format(DATA, base, base))
  local given = ("tests/golden/%s/homeserver.yaml"):format(case)
  if lfs.attributes(given) then shell(("cp %s %s/homeserver.yaml"):format(given, DATA)) end
end

describe("the files of", function()
  after_each(function() support.remove(base) end)

  for case in lfs.dir "tests/golden" do
    if lfs.attributes(("tests/golden/%s/env"):format(case)) then
      it(("case %s are the golden ones, byte for byte"):format(case), function()
        prepare(case)
        render(case, base .. "/out")
        local made, golden = tree(base .. "/out"), ("tests/golden/%s/tree"):format(case)
        if os.getenv "GOLDEN" then
          local f <close> = assert(io.open(golden, "wb"))
          f:write(made)
        end
        assert.equal(read(golden), made)
      end)

      it(("case %s are the same again when what the first start made is there"):format(case), function()
        prepare(case)
        render(case, base .. "/out")
        local first = tree(base .. "/out/run")
        shell(("cp -an %s/out%s/. %s/"):format(base, DATA, DATA))
        shell(("rm -rf %s/out"):format(base))
        render(case, base .. "/out")
        assert.equal(first, tree(base .. "/out/run"))
        assert.is_nil(lfs.attributes(base .. "/out" .. DATA .. "/homeserver.yaml"))
      end)
    end
  end
end)
