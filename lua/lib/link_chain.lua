-- Every name on the way to a file, also where links lead: a change of any of them may make it another file. Pure.

local link_chain = {}

local LINKS_MAX = 40 -- as the kernel has it

-- The components of a path, last first, put on a stack.
local function push(stack, path)
  local parts = {}
  for part in path:gmatch "[^/]+" do parts[#parts + 1] = part end
  for at = #parts, 1, -1 do stack[#stack + 1] = parts[at] end
end

local function parent(path) return path:match "^(.*)/[^/]*$" or "" end

local function add(made, directory, name)
  directory = directory == "" and "/" or directory
  local known = made[directory] or {}
  known[name], made[directory] = true, known
end

--- The names by the directories that hold them.
---@param paths string[] absolute
---@param read_link fun(path: string): string|nil where a link leads; nil: it is none
---@return table<string, table<string, boolean>>
function link_chain.of(paths, read_link)
  local made = {}
  for _, path in ipairs(paths) do
    local at, stack, links = "", {}, 0
    push(stack, path)
    while #stack > 0 do
      local name = table.remove(stack)
      if name == ".." then
        at = parent(at)
      elseif name ~= "." then
        add(made, at, name)
        local target = links < LINKS_MAX and read_link(at .. "/" .. name)
        links = links + (target and 1 or 0)
        if target and target:sub(1, 1) == "/" then at = "" end
        if target then push(stack, target) else at = at .. "/" .. name end
      end
    end
  end
  return made
end

--- Whether two of them have the same names.
---@param a table<string, table<string, boolean>>
---@param b table<string, table<string, boolean>>
---@return boolean
function link_chain.equal(a, b)
  for _, pair in ipairs {{a, b}, {b, a}} do
    for directory, names in pairs(pair[1]) do
      for name in pairs(names) do
        if not (pair[2][directory] or {})[name] then return false end
      end
    end
  end
  return true
end

return link_chain
