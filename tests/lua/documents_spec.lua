-- Compares README.md and docs/ with the code: links, variables, messages, worker types. tests/run/documents_spec.lua
-- runs their commands.

local documents = require "documents"
local schema = require "settings.schema"

local FAMILIES = {"SYNAPSE_", "SYNLUA_", "POSTGRES_", "NGINX_", "PROMETHEUS_", "COTURN_", "COMPLEMENT_"}
local LANGUAGES = {nginx = true, sh = true, text = true, ["text exact"] = true, yaml = true, lua = true, apache = true,
  caddyfile = true, haproxy = true}

local known = {}
for _, names in ipairs {schema.owner, schema.later, schema.obsolete} do
  for name in pairs(names) do known[name], known[name .. "_FILE"] = true, true end
end

local function begins_one(prefix)
  for name in pairs(known) do
    if name:sub(1, #prefix) == prefix then return true end
  end
end

local function is_variable(name)
  if known[name] or name:find "^SYNAPSE_CONFIG__" or name:find "^SYNAPSE_CACHE_FACTOR_" then return true end
  return name:sub(-1) == "_" and begins_one(name)
end

local function is_ours(name)
  for _, family in ipairs(FAMILIES) do
    if name:sub(1, #family) == family then return true end
  end
end

-- All sources as one text, with the parts of a string that is written in several lines joined.
local function sources()
  local parts = {}
  for path in io.popen "find lua core templates -name '*.lua' -o -name '*.c' -o -name '*.py' -o -name '*.sh'":lines() do
    local text = documents.read(path):gsub('"%s*%.%.%s*"', "")
    if not path:find "%.lua$" then text = text:gsub('"%s*\n%s*f?"', "") end
    parts[#parts + 1] = text
  end
  return table.concat(parts, "\n")
end

-- The first cell of each row of the tables with this head.
local function first_cells(path, head)
  local list, inside = {}, false
  for line in documents.read(path):gmatch "[^\n]+" do
    if line:find(head, 1, true) == 1 then
      inside = true
    elseif line:sub(1, 1) ~= "|" then
      inside = false
    elseif inside and not line:find "^|%-" then
      list[#list + 1] = line:match "^| (.-) |"
    end
  end
  return list
end

-- Parts of a message between what stands for names and numbers.
local function pieces(message)
  local list = {}
  for piece in (message .. "…"):gmatch "(.-)…" do
    if #piece:gsub("%s", "") > 3 then list[#list + 1] = piece end
  end
  return list
end

describe("the documents", function()
  it("begin with a README of at most 120 lines, with a picture on its first screen", function()
    local text = documents.read "README.md"
    local _, lines = text:gsub("\n", "")
    assert.is_true(lines <= 120, lines .. " lines")
    assert.is_true(documents.blocks("README.md")[1].line < 15)
  end)

  it("have links that lead somewhere, and each is reached from the README", function()
    local reached = {["README.md"] = true, ["CONTRIBUTING.md"] = true}
    for _, path in ipairs(documents.PATHS) do
      for _, link in ipairs(documents.links(path)) do
        local file, anchor = link:match "^([^#]*)#?(.*)$"
        if not link:find "^https?://" then
          local target = file == "" and path or (path:match "^(.*/)" or "") .. file
          target = target:gsub("[^/]+/%.%./", "")
          local opened <close> = io.open(target)
          assert.is_truthy(opened, ("%s: %s leads nowhere"):format(path, link))
          if anchor ~= "" then
            assert.is_true(documents.anchors(target)[anchor] == true, ("%s: %s has no such heading"):format(path, link))
          end
          if path == "README.md" then reached[target] = true end
        end
      end
    end
    for _, path in ipairs(documents.PATHS) do assert.is_true(reached[path], path .. " is not in README.md") end
  end)

  it("have code blocks of a known language, and no command outside those of shell", function()
    for _, path in ipairs(documents.PATHS) do
      for _, block in ipairs(documents.blocks(path)) do
        local where = ("%s:%d"):format(block.document, block.line)
        assert.is_true(LANGUAGES[block.language] == true, where .. ": the language is " .. block.language)
        for line in block.language ~= "sh" and block.text:gmatch "[^\n]+" or function() end do
          local word = line:match "^%s*%$?%s*(%S+)"
          local command = line:find "^%s*%$ " or word == "./dev" or word == "docker" or word == "podman"
            or word == "curl" or word == "synlua" and not line:find "^synlua | "
          assert.is_falsy(command and block.language:find "^text" and not line:find "synlua %(PID 1%)",
            ("%s: a command that is not run: %s"):format(where, line))
        end
      end
    end
  end)

  it("name only files of the tree that there are", function()
    for _, path in ipairs(documents.PATHS) do
      for _, code in ipairs(documents.inline(path)) do
        local room = code:match "^(%l+)/[%w_/.-]+$"
        if (room == "lua" or room == "core" or room == "tests" or room == "docs") and not code:find "NAME" then
          local opened <close> = io.open(code)
          assert.is_truthy(opened, ("%s: there is no %s"):format(path, code))
        end
      end
    end
  end)

  it("name only variables that there are", function()
    for _, path in ipairs(documents.PATHS) do
      for name in documents.read(path):gsub("\\_", "_"):gmatch "%f[%w_][A-Z][A-Z0-9]*_[%w_]*" do
        if is_ours(name) then assert.is_true(is_variable(name) == true, ("%s: %s"):format(path, name)) end
      end
    end
  end)

  it("say what becomes of every variable of the images before", function()
    local text = documents.read "docs/from-realtyem.md" .. documents.read "docs/from-official.md"
    for name in documents.read("tests/earlier_variables.txt"):gmatch "%f[^\n]([%w_]+)\n" do
      assert.is_truthy(text:find("`" .. name .. "`", 1, true), name)
    end
  end)

  it("explain messages that synlua prints", function()
    local all, messages = sources(), first_cells("docs/operations.md", "| Message |")
    assert.is_true(#messages > 30)
    for _, message in ipairs(messages) do
      for _, piece in ipairs(pieces(assert(message:match "^`(.*)`$", message))) do
        assert.is_truthy(all:find(piece, 1, true), ("%s: nothing says %q"):format(message, piece))
      end
    end
  end)

  it("say how many processes each set of workers has", function()
    for word, list in pairs(require "settings.worker_list.presets".lists) do
      local count = 0
      for item in list:gmatch "[^,]+" do count = count + (tonumber(item:match ":(%d+)") or 1) end
      local row = ("| `%s` | %d processes, "):format(word, count)
      assert.is_truthy(documents.read "docs/workers.md":find(row, 1, true), row)
    end
  end)

  it("describe every worker type in the words of its file", function()
    local text = documents.read "docs/workers.md"
    for path in io.popen "ls lua/workers/*.lua":lines() do
      local kind = dofile(path)
      local most = kind.max and "one" or "any number"
      local row = ("| `%s` | %s | %s |"):format(path:match "([%w_]+)%.lua$", kind.doc, most)
      assert.is_truthy(text:find(row, 1, true), row)
    end
  end)
end)
