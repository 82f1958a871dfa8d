-- Compiles Lua files into one bundle, which core/host/bundle.c reads. Usage:
-- `synlua eval core/host/bundle.lua OUT HOME SHOWN [FILE...]`. HOME is the directory that holds lua/, SHOWN its name in
-- tracebacks. Each FILE is a module of the distribution, by its absolute path. Those modules get no line numbers,
-- because those would take more room than the rest. Templates are there too, as modules "templates/NAME": to compile
-- nginx.conf took a sixth of the time of `synlua render`.

local file = require "core.file"
local tables = require "lib.tables"
local template = require "files.template"

local out, home, shown = arg[1], arg[2], arg[3]

local index, chunks, length = {}, {}, 0

local function add(module, path, absolute, chunk)
  local stat = assert(file.stat(absolute))
  index[#index + 1] = ("%s\t%s\t%d\t%d\t%d\t%d"):format(module, path, stat.mtime, stat.size, length, #chunk)
  chunks[#chunks + 1] = chunk
  length = length + #chunk
end

local function add_lua(module, path, absolute)
  local ours = path:sub(1, 1) ~= "/"
  local name = "@" .. (ours and shown .. "/" .. path or path)
  add(module, path, absolute, string.dump(assert(load(assert(file.read(absolute)), name, "t")), not ours))
end

-- The text of a table without functions, as Lua writes it.
local function literal(value)
  if type(value) ~= "table" then return ("%q"):format(value) end
  local fields = {}
  for at, inner in ipairs(value) do fields[at] = literal(inner) end
  for key, inner in tables.sorted(value) do
    if type(key) == "string" then fields[#fields + 1] = ("[%q]=%s"):format(key, literal(inner)) end
  end
  return "{" .. table.concat(fields, ",") .. "}"
end

local function add_template(name)
  local path = "templates/" .. name
  local made = assert(template.compile(assert(file.read(home .. "/" .. path)), path))
  local text = "return " .. literal {code = made.code, slots = made.slots}
  add(path, path, home .. "/" .. path, string.dump(assert(load(text)), true))
end

local function gather(directory, found)
  for name, stat in pairs(assert(file.list(home, directory))) do
    local path = directory .. "/" .. name
    if stat.kind == "directory" then
      gather(path, found)
    elseif name:match "%.lua$" then
      found[#found + 1] = path
    end
  end
  return found
end

local paths = gather("lua", {})
table.sort(paths)
for _, path in ipairs(paths) do
  local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  add_lua(module, path, home .. "/" .. path)
end
for name in tables.sorted(assert(file.list(home, "templates"))) do
  -- Programs, and rules that have such braces for Prometheus, are taken as they are.
  if not name:match "%.py$" and not name:match "%.rules$" then add_template(name) end
end
for at = 4, #arg do add_lua(arg[at]:match "([^/]+)%.lua$", arg[at], arg[at]) end
local base, name = out:match "^(.*)/([^/]+)$"
table.sort(index)
local lines = table.concat(index, "\n") .. "\n"
local first = ("synlua bundle 4 %010d\n"):format(#lines)
assert(file.replace(base, name, first .. lines .. "\n" .. table.concat(chunks), {mode = 420}))
return 0
