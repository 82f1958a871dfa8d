-- Compiles Lua files into one (read by core/host/bundle.c): `synlua eval core/host/bundle.lua OUT HOME SHOWN [FILE...]`.
-- HOME holds lua/ and is where the bundle is made for, SHOWN how tracebacks name it; each FILE is a module of the
-- distribution, by its absolute path; those get no line numbers, which would be the larger part of them.

local file = require "core.file"

local out, home, shown = arg[1], arg[2], arg[3]

local function entry(module, path, absolute)
  local stat, text = assert(file.stat(absolute)), assert(file.read(absolute))
  local chunk = assert(load(text, "@" .. (path:sub(1, 1) == "/" and path or shown .. "/" .. path), "t"))
  return ("<s2 s2 i8 i8 s4"):pack(module, path, stat.mtime, stat.size, string.dump(chunk, path:sub(1, 1) == "/"))
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

local parts = {"synlua bundle 1\n"}
local paths = gather("lua", {})
table.sort(paths)
for _, path in ipairs(paths) do
  local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  parts[#parts + 1] = entry(module, path, home .. "/" .. path)
end
for at = 4, #arg do parts[#parts + 1] = entry(arg[at]:match "([^/]+)%.lua$", arg[at], arg[at]) end
local base, name = out:match "^(.*)/([^/]+)$"
assert(file.replace(base, name, table.concat(parts), {mode = 420}))
return 0
