-- What a program says when it refuses its files, as problems at the line of the admin's own file. Pure.

local yaml_complaints = require "files.yaml_complaints"

local complaints = {}

---@class Trial how a service's program tries its files before anything starts; a service's file gives it in its plan
---@field directory string the service's own below the runtime directory: only what lies in it is there for the trial
---@field argv string[]
---@field ready? string a line with this text shows that all is good; nil: status 0 does
---@field strip? string[] patterns of what stands in front of each line
---@field always? boolean `check` tries it also where all is ours
---@field doubtful? boolean a start tries it too: what a variable says may not be known to this version
---@field known? table[] {match, where, what, hint}: what a line with this text means
---@field quotes? string a pattern that finds the faulty line where the program shows it without its file
---@field quoted? {line: string, what?: string}[] several of them, and what is wrong; nil: the next line says that

-- How programs name a place. %s stands for the path, and the capture is the line.
local PLACES = {' in file "%s" line (%%d+)', " in %s:(%%d+)", "parsing %%[%s:(%%d+)%%] : ", "%s:(%%d+):? ?",
  '"?%s"?,? line (%%d+)'}

local function escaped(text) return (text:gsub("%p", "%%%0")) end

local function stripped(line, trial)
  for _, pattern in ipairs(trial.strip or {}) do line = line:gsub(pattern, "", 1) end
  return line
end

local function lines_of(text)
  local list = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do list[#list + 1] = line:gsub("\r$", "") end
  return list
end

-- The place in a line of the program's, and the line without it.
local function find_place(line, path)
  for _, form in ipairs(PLACES) do
    local from, to, number = line:find(form:format(escaped(path)))
    if from then return number, line:sub(1, from - 1) .. line:sub(to + 1) end
  end
end

-- The line of a piece that holds a word, for a program that names what is wrong and not where.
local function line_with(piece, said)
  local word = said:match '"([^"]+)"'
  for at, line in ipairs(word and lines_of(piece.bytes) or {}) do
    if line:find("^%s*" .. escaped(word) .. "%f[^%w_]") then return at end
  end
end

local function placed(lines, pieces, trial)
  local list = {}
  for _, line in ipairs(lines) do
    for _, piece in ipairs(pieces) do
      local number, what = find_place(line, piece.path)
      if number then list[#list + 1] = {where = piece.from .. ":" .. number, what = stripped(what, trial)} end
    end
  end
  return list
end

-- A line that names a file and no line of it: what is wrong stands before it.
local function named(lines, pieces, trial)
  local list, before = {}, {}
  for _, line in ipairs(lines) do
    local own
    for _, piece in ipairs(pieces) do own = line:find(piece.path, 1, true) and piece or own end
    for _, said in ipairs(own and before or {}) do
      local number = line_with(own, said)
      if number then list[#list + 1] = {where = ("%s:%d"):format(own.from, number), what = said} end
    end
    if own and #list == 0 then list[1] = {where = own.from, what = stripped(line, trial)} end
    before[#before + 1] = stripped(line, trial)
  end
  return list
end

-- Where a piece has that line.
local function place_of(shown, pieces)
  for _, piece in ipairs(pieces) do
    for number, own in ipairs(lines_of(piece.bytes)) do
      if own:match "^%s*(.-)%s*$" == shown then return ("%s:%d"):format(piece.from, number) end
    end
  end
end

-- The program shows the line itself.
local function quoted(lines, pieces, trial)
  local list = {}
  for at, line in ipairs(lines) do
    for _, quote in ipairs(trial.quoted or {{line = trial.quotes}}) do
      local shown = quote.line and line:match(quote.line)
      local where = shown and place_of(shown, pieces)
      if where then list[#list + 1] = {where = where, what = quote.what or lines[at + 1] or line} end
    end
  end
  return list
end

-- Lines whose meaning the service's file tells.
local function known(lines, trial)
  local list = {}
  for _, entry in ipairs(trial.known or {}) do
    for _, line in ipairs(lines) do
      if line:find(entry.match, 1, true) then
        list[#list + 1] = {where = entry.where, what = entry.what, hint = entry.hint}
        break
      end
    end
  end
  return list
end

--- The problems that can be said of the admin's own files.
---@param lines string[] what the program said
---@param files File[] those it was tried with
---@param trial Trial
---@param program string
---@return Problem[]
function complaints.read(lines, files, trial, program)
  local pieces, told = {}, known(lines, trial)
  if #told > 0 then return told end
  for _, file in ipairs(files) do
    if file.from then
      pieces[#pieces + 1] = {path = file.base .. "/" .. file.path, from = file.from, bytes = file.bytes}
    end
  end
  local function of_yaml() return yaml_complaints.read(lines, pieces, files) end
  for _, way in ipairs {of_yaml, placed, named, quoted} do
    local list = way(lines, pieces, trial)
    for _, problem in ipairs(list) do
      problem.what = ("%s refuses it%s: %s"):format(program, problem.among or "", problem.what)
      problem.hint = problem.where:find ":%d+$" and "mend or remove that line" or "mend or remove that file"
    end
    if #list > 0 then return list end
  end
  return {}
end

return complaints
