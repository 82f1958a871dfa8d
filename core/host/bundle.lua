-- Compiles Lua files into one bundle, which core/host/bundle.c reads. Usage:
-- `synlua eval core/host/bundle.lua OUT HOME SHOWN [FILE...]`. HOME is the directory that holds lua/, SHOWN its name in
-- tracebacks. Each FILE is a module of the distribution, by its absolute path. Those modules get no line numbers,
-- because those would take more room than the rest.

local file = require "core.file"

local out, home, shown = arg[1], arg[2], arg[3]

local index, chunks, length = {}, {}, 0

local function add(module, path, absolute)
  local stat, text = assert(file.stat(absolute)), assert(file.read(absolute))
  local ours = path:sub(1, 1) ~= "/"
  local chunk = string.dump(assert(load(text, "@" .. (ours and shown .. "/" .. path or path), "t")), not ours)
  index[#index + 1] = ("%s\t%s\t%d\t%d\t%d\t%d"):format(module, path, stat.mtime, stat.size, length, #chunk)
  chunks[#chunks + 1] = chunk
  length = length + #chunk
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
  add(module, path, home .. "/" .. path)
end
for at = 4, #arg do add(arg[at]:match "([^/]+)%.lua$", arg[at], arg[at]) end
local base, name = out:match "^(.*)/([^/]+)$"
table.sort(index)
table.insert(index, 1, "synlua bundle 3")
assert(file.replace(base, name, table.concat(index, "\n") .. "\n\n" .. table.concat(chunks), {mode = 420}))
return 0
