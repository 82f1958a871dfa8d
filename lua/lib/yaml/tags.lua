-- The tags that PyYAML's safe loader accepts, and for which kind of node.

local tags = {}

local PREFIX = "tag:yaml.org,2002:"
local KINDS = {
  null = "scalar", bool = "scalar", int = "scalar", float = "scalar", binary = "scalar", timestamp = "scalar",
  str = "scalar", seq = "seq", omap = "seq", pairs = "seq", map = "map", set = "map",
}

--- The full tag of a kind, "tag:yaml.org,2002:int" for "int".
---@param kind string
---@return string
function tags.full(kind) return PREFIX .. kind end

local BY_TAG = {}
for name, kind in pairs(KINDS) do BY_TAG[PREFIX .. name] = kind end

---@param kind "map"|"seq"|"scalar"
---@param tag string
---@return boolean
function tags.fits(kind, tag) return BY_TAG[tag] == kind end

---@param tag string
---@return boolean
function tags.known(tag) return BY_TAG[tag] ~= nil end

return tags
