-- Reads the documents: their code blocks, commands, links and headings.

local documents = {}

local function names_in(pipe)
  local names = {}
  for name in io.popen(pipe):lines() do names[#names + 1] = name end
  return names
end

--- Every document for users and contributors, by path; ARCHITECTURE.md and CHANGELOG.md show no commands.
documents.PATHS = names_in "ls README.md CONTRIBUTING.md docs/*.md examples/README.md"

function documents.read(path)
  local from <close> = assert(io.open(path))
  return from:read "a"
end

---@class Block
---@field document string
---@field line integer of its first line
---@field language string what stands behind the fence; "" none, "indented" where there is no fence
---@field text string

--- The code blocks of a document, in order.
---@param path string
---@return Block[]
function documents.blocks(path)
  local list, open, at = {}, nil, 0
  local before = ""
  for line in (documents.read(path) .. "\n"):gmatch "([^\n]*)\n" do
    at = at + 1
    local fence = line:match "^```(.*)$"
    if fence and open then
      open = nil
    elseif fence then
      open = {document = path, line = at + 1, language = fence, text = ""}
      list[#list + 1] = open
    elseif open then
      open.text = open.text .. line .. "\n"
    elseif line:find "^    %S" and before == "" then
      list[#list + 1] = {document = path, line = at, language = "indented", text = line .. "\n"}
    end
    before = line
  end
  assert(not open, path .. ": a fence is not closed")
  return list
end

--- The text without its code blocks.
function documents.prose(path)
  return ("\n" .. documents.read(path)):gsub("\n```.-\n```", "\n")
end

---@class Shown
---@field where string "docs/commands.md:12"
---@field text string one command, on one line
---@field last boolean the last one of its block
---@field output? string what the document shows below the block, to the letter

--- The commands in the blocks of shell of a document.
---@param path string
---@return Shown[]
function documents.commands(path)
  local list, blocks = {}, documents.blocks(path)
  for at, block in ipairs(blocks) do
    if block.language == "sh" then
      local line = block.line
      for text in (block.text:gsub("\\\n%s*", "\1")):gmatch "[^\n]+" do
        local _, joined = text:gsub("\1", "")
        text = text:gsub("\1", "")
        if not text:find "^%s*#" then
          list[#list + 1] = {where = ("%s:%d"):format(path, line), text = text}
        end
        line = line + 1 + joined
      end
      local next_block = blocks[at + 1]
      if next_block and next_block.language == "text exact" then list[#list].output = next_block.text end
    end
  end
  return list
end

--- Code within the prose.
---@return string[]
function documents.inline(path)
  local list = {}
  for code in documents.prose(path):gmatch "`([^`\n]+)`" do list[#list + 1] = code end
  return list
end

--- Targets of its links.
---@return string[]
function documents.links(path)
  local list = {}
  for target in documents.prose(path):gmatch "%]%(([^)%s]+)%)" do list[#list + 1] = target end
  return list
end

--- The names by which links reach its headings.
---@return table<string, boolean>
function documents.anchors(path)
  local found = {}
  for title in documents.prose(path):gmatch "\n#+ ([^\n]+)" do
    found[(title:lower():gsub("[^%w _-]", ""):gsub(" ", "-"))] = true
  end
  return found
end

return documents
