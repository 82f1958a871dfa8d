-- EDGE
-- The names that a user's file sees: copies of Lua's own libraries without what reaches the world or our own tables.
-- `require` gives copies of shipped services and worker types, and of synlua's pure modules.

local copies = require "contract.copies"
local file = require "core.file"
local tables = require "lib.tables"
local printed = require "input.printed"
local user_view = require "contract.user_view"

local sandbox = {}

local FUNCTIONS = {"assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset",
  "select", "tonumber", "tostring", "type", "xpcall"}
local LIBRARIES = {"coroutine", "math", "string", "table", "utf8"}
local OS = {"clock", "date", "difftime", "time"}
local CLOSED = {"collectgarbage", "debug", "dofile", "io", "loadfile", "package"}

local function closed(what)
  error(what .. " is not open to a file of the user directory; docs/lua.md says what it sees", 3)
end

local function copy_of(library, names)
  local made = {}
  for _, name in ipairs(names or tables.keys(library)) do made[name] = library[name] end
  return made
end

-- A finalizer would run outside of every limit.
local function set_metatable(own)
  return function(value, meta)
    if type(meta) == "table" and rawget(meta, "__gc") ~= nil then closed "a finalizer (__gc)" end
    local changed = setmetatable(value, meta) -- raises for a text, whose metatable is ours
    own[value] = true
    return changed
  end
end

-- The metatables of our own tables and of strings are not shown.
local function get_metatable(own)
  return function(value) return own[value] and getmetatable(value) or nil end
end

-- The tools of a service's files. What a file of the user's puts in their place gets copies of our tables.
local function separate(make)
  local made = {}
  for name, fn in pairs(type(make) == "table" and make or {}) do
    made[name] = function(...)
      local given = table.pack(...)
      for at = 1, given.n do given[at] = copies.deep(given[at]) end
      return fn(table.unpack(given, 1, given.n))
    end
  end
  return made
end

-- A copy of a shipped definition. Its functions get the plan's own view, whatever view they are called with.
local function shipped(kind, name)
  if not file.stat(("%s/lua/%s/%s.lua"):format(package.home, kind, name)) then
    error(("nothing shipped is called %s.%s"):format(kind, name), 2)
  end
  local made = copies.deep(require(kind .. "." .. name))
  for field, original in pairs(kind ~= "workers" and made or {}) do
    if type(original) == "function" then
      made[field] = function(view, make)
        local results = table.pack(original(user_view.original(view), separate(make)))
        for at = 1, results.n do results[at] = copies.deep(results[at]) end
        return table.unpack(results, 1, results.n)
      end
    end
  end
  return made
end

-- A module that can be called and read, but not changed.
local function sealed(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  return setmetatable({}, {
    __index = function(_, key) return sealed(value[key]) end, __len = function() return #value end,
    __newindex = function() error("a module of synlua is read-only", 2) end,
    __pairs = function(self)
      return function(_, key)
        local following, inner = next(value, key)
        return following, sealed(inner)
      end, self, nil
    end,
  })
end

local function source_of(name)
  local path = ("%s/lua/%s"):format(package.home, (name:gsub("%.", "/")))
  local text = name:find "^[%w_.]+$" and (file.read(path .. ".lua") or file.read(path .. "/init.lua"))
  return text and text:sub(1, 8) ~= "-- EDGE\n" and text or nil
end

-- Knows raw text by a mark of its own, and keeps nothing.
local SHARED = {["files.template.render"] = true}

-- Loads our pure modules anew for one file. Their functions may return or keep tables, and so no table of theirs is one
-- that we use.
local function private_modules()
  local loaded, env = {}, {}
  local function get(name)
    if loaded[name] ~= nil then return loaded[name] end
    local text = not SHARED[name] and source_of(name)
    if not text then return require(name) end
    loaded[name] = assert(load(text, "@" .. name, "t", env))(name)
    return loaded[name]
  end
  env.require = get
  setmetatable(env, {__index = _G})
  return get
end

local function loader()
  local get = private_modules()
  return function(name)
    if type(name) ~= "string" then error("require takes the name of a module", 2) end
    local kind, short = name:match "^shipped%.(%w+)%.([%w_]+)$"
    if kind == "services" or kind == "workers" or kind == "jobs" then return shipped(kind, short) end
    if name:find "^core%." or not source_of(name) then closed(("require %q"):format(name)) end
    return sealed(get(name))
  end
end

local function print_of(relative)
  return function(...)
    local words = table.pack(...)
    for at = 1, words.n do words[at] = tostring(words[at]) end
    printed.write(relative, table.concat(words, " "))
  end
end

--- The globals of one file.
---@param relative string its path in the user directory
---@return table
function sandbox.new(relative)
  local env, own = copy_of(_G, FUNCTIONS), setmetatable({}, {__mode = "k"})
  for _, name in ipairs(LIBRARIES) do env[name] = copy_of(_G[name]) end
  env.os = setmetatable(copy_of(os, OS), {__index = function(_, name) closed("os." .. tostring(name)) end})
  env._G, env._VERSION, env.require, env.print = env, _VERSION, loader(), print_of(relative)
  env.setmetatable, env.getmetatable = set_metatable(own), get_metatable(own)
  function env.load(chunk, name, _, given) return load(chunk, name or "=load", "t", given or env) end
  local shut = {}
  for _, name in ipairs(CLOSED) do shut[name] = true end
  return setmetatable(env, {__index = function(_, name) if shut[name] then closed(tostring(name)) end end})
end

--- Compiles a file. Its name in messages is its path in the user directory.
---@param relative string
---@param text string
---@return function?
---@return string? why
function sandbox.load(relative, text) return load(text, "=" .. relative, "t", sandbox.new(relative)) end

return sandbox
