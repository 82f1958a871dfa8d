-- Checks the house rules that no common linter knows: sizes, bans, edges. Arguments: C files, "--", Lua files.

local faults = {}

local function fault(where, what) faults[#faults + 1] = where .. ": " .. what end

local function lines_of(path)
  local lines = {}
  for line in assert(io.open(path)):lines() do lines[#lines + 1] = line end
  return lines
end

local function without_comments(lines)
  local text = table.concat(lines, "\n")
  return (text:gsub("/%*.-%*/", function(comment) return (comment:gsub("[^\n]", "")) end))
end

local C_BANS = {
  {"uv_spawn", "uv_spawn is not used: reap.c owns every child"},
  {"uv_default_loop", "the loop is loop_get()"},
  {"lua_call%s*%(", "only vm_call goes into Lua"},
  {"lua_callk%s*%(", "only vm_call goes into Lua"},
  {"[^%w_]system%s*%(", "no shell"},
  {"[^%w_]popen%s*%(", "no shell"},
  {"strcpy%s*%(", "unbounded copy"}, {"strcat%s*%(", "unbounded copy"}, {"[^n]sprintf%s*%(", "unbounded print"},
}

-- Paths go through core/files, which lets no service lead root; or by descriptors. These calls stand elsewhere too:
local PATH_CALLS = {"open", "openat", "sys_openat", "creat", "fopen", "opendir", "mkdir", "mkdirat", "rmdir", "unlink",
  "unlinkat", "remove", "chown", "lchown", "fchownat", "chmod", "fchmodat", "rename", "renameat", "sys_renameat",
  "link", "linkat", "symlink", "symlinkat", "mknod", "mkfifo", "truncate", "realpath"}
local PATH_EXCEPTIONS = {
  ["core/main.c"] = {open = "/dev/null"},
  ["core/host/bundle.c"] = {sys_openat = "our own Lua, beside the program"},
  ["core/host/usage.c"] = {sys_openat = "/proc"},
  ["core/net/control.c"] = {unlink = "our socket, in the runtime directory, which is root's"},
  ["core/output/fifo.c"] = {sys_openat = "below a descriptor, without links", unlinkat = "below a descriptor"},
  ["core/output/logfile.c"] = {sys_openat = "below a descriptor, without links", unlinkat = "below a descriptor",
    sys_renameat = "below a descriptor"},
  ["core/output/sink.c"] = {sys_openat = "/proc/self/fd"},
  ["core/base/sock.c"] = {unlink = "our sockets, in the runtime directory, which is root's"},
  ["core/process/notify.c"] = {unlink = "our socket, in the runtime directory, which is root's"},
  ["core/process/procfs.c"] = {sys_openat = "/proc", opendir = "/proc"},
  ["core/process/spawn.c"] = {open = "/dev/null, /proc"},
}

local function check_paths(path, text)
  if path:match "^core/files/" or path:match "^core/base/sys%." then return end
  local may = PATH_EXCEPTIONS[path] or {}
  for _, call in ipairs(PATH_CALLS) do
    if not may[call] and text:find("%f[%w_]" .. call .. "%s*%(") then
      fault(path, call .. "() goes round core/files/way.c, by which no service leads root")
    end
  end
end

local function check_span(path, from, to)
  if to - from + 1 > 60 then fault(path .. ":" .. from, ("function of %d lines, at most 60"):format(to - from + 1)) end
end

local function check_c_functions(path, lines)
  local from
  for at, line in ipairs(lines) do
    if line == "{" then from = at end
    if line == "}" and from then
      check_span(path, from, at)
      from = nil
    end
  end
end

local function check_size(path, lines, limit)
  if #lines > limit then fault(path, ("%d lines, at most %d"):format(#lines, limit)) end
  for at, line in ipairs(lines) do
    if (utf8.len(line) or 0) > 120 then fault(path .. ":" .. at, "longer than 120 columns") end
  end
end

-- Rooms of core/ from left to right: none includes one to its right.
local ROOMS = {"base", "files", "output", "process", "net", "yaml", "host", "bind"}
local ROOM_AT = {}
for at, room in ipairs(ROOMS) do ROOM_AT[room] = at end

local function check_includes(path, lines)
  if path == "core/main.c" then return end
  local own = ROOM_AT[path:match "^core/(%w+)/"]
  if not own then return fault(path, "lies in no room of core/: " .. table.concat(ROOMS, ", ")) end
  for at, line in ipairs(lines) do
    local name = line:match '^#include "([^"]+)"'
    local other = name and ROOM_AT[name:match "^(%w+)/"]
    if name and not other then fault(path .. ":" .. at, "an include names its room: \"room/name.h\"") end
    if other and other > own then
      fault(path .. ":" .. at, ("%s/ may not include %s: the order is %s"):format(ROOMS[own], name,
        table.concat(ROOMS, ", ")))
    end
  end
end

local function check_c(path)
  local lines = lines_of(path)
  check_size(path, lines, path:match "%.h$" and 120 or 400)
  local text = without_comments(lines)
  for _, ban in ipairs(C_BANS) do
    if text:find(ban[1]) then fault(path, ban[2]) end
  end
  check_paths(path, text)
  local _, calls = text:gsub("lua_pcall", "")
  if calls > (path == "core/bind/vm.c" and 1 or 0) then fault(path, "lua_pcall belongs into vm_call alone") end
  if not path:match "^core/bind/" and text:find 'include%s*[<"]l[ua][ua][^">]*%.h' then fault(path, "no lua.h here") end
  check_c_functions(path, lines)
  check_includes(path, lines)
  return #lines
end

local function check_lua_functions(path, lines)
  local open = {}
  for at, line in ipairs(lines) do
    local indent = line:match "^(%s*)local function " or line:match "^(%s*)function "
      or line:match "^(%s*)return function"
    if indent and not line:find("%f[%w]end%f[%W]%)?$") then open[#open + 1] = {indent, at} end
    local last = open[#open]
    if last and line:match("^" .. last[1] .. "end%f[%W]") then
      check_span(path, last[2], at)
      open[#open] = nil
    end
  end
end

local IMPURE = {'require[%s%(]*"core%.', "[^%w_./]io%.", "[^%w_./]os%.", "[^%w_.]print%s*%("}

-- What stands in lua/, in the order in which data flows: nothing requires what stands further right. The files of
-- services/, workers/ and jobs/ are handed in by the catalog.
local STAGES = {"lib", "schedule", "contract", "input", "settings", "plan", "files", "services", "workers", "jobs",
  "stages", "disk", "processes", "control", "metrics", "cli", "main"}
local STAGE_AT = {}
for at, stage in ipairs(STAGES) do STAGE_AT[stage] = at end

local function check_requires(path, lines)
  local own = STAGE_AT[path:match "^lua/(%w+)"]
  local order = table.concat(STAGES, ", ")
  if not own then return fault(path, "lies in no folder that has a place in the order: " .. order) end
  for at, line in ipairs(lines) do
    for how, name in line:gmatch '(%a+)%s*%(?%s*"(%w+)' do
      if (how == "require" or how == "later") and (STAGE_AT[name] or 0) > own then
        fault(path .. ":" .. at, ("%s may not require %s, which comes later: %s"):format(STAGES[own], name,
          order))
      end
    end
  end
end

local function check_lua(path)
  local lines = lines_of(path)
  check_size(path, lines, path:match "/workers/" and 150 or 250)
  if lines[1] ~= "-- EDGE" then
    for at, line in ipairs(lines) do
      local code = " " .. line:gsub("%-%-.*$", "")
      for _, pattern in ipairs(IMPURE) do
        if code:find(pattern) then fault(path .. ":" .. at, "only an edge may do this (first line -- EDGE)") end
      end
    end
  end
  check_lua_functions(path, lines)
  check_requires(path, lines)
end

local CORE_LINES = 10522 -- of core/ without bind/ and what is no part of the program
local LOADED = {["core/process/immortal.c"] = true}
local check, core_lines = check_c, 0
for _, path in ipairs(arg) do
  if path == "--" then
    check = check_lua
  else
    local lines = check(path)
    if lines and not path:match "^core/bind/" and not LOADED[path] then core_lines = core_lines + lines end
  end
end
if core_lines > CORE_LINES then
  fault("core/", ("%d lines without bind/, at most %d"):format(core_lines, CORE_LINES))
end
for _, text in ipairs(faults) do io.stderr:write(text, "\n") end
os.exit(#faults == 0 and 0 or 1)
