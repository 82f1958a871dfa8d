-- tests/e2e/questions.lua BASE COUNT: what `synlua check` makes of the configurations BASE/1 to BASE/COUNT, each with
-- its own homeserver.yaml: BASE/N/question is what Synapse's own parser would be asked, BASE/N/refused what synlua
-- refuses itself, one "place<NUL>what" in each line.

local configuration = require "cli.configuration"
local dkjson = require "dkjson"
local file = require "core.file"
local question = require "files.question"

local base, count = ...
count = math.tointeger(tonumber(count))

local function put(path, text)
  local to <close> = assert(io.open(path, "wb"))
  assert(to:write(text))
end

local function one(directory)
  local data = directory .. "/data"
  local done, input = configuration.make {make_secrets = true, variables = {SYNAPSE_CONFIG_DIR = data,
    SYNAPSE_DATA_DIR = data, SYNLUA_RUNTIME_DIR = directory .. "/run", NGINX_LISTEN_ADDRESS = "127.0.0.1"}}
  configuration.preflight(done, input, {only_files = true})
  if #done.problems > 0 then
    local lines = {}
    for _, problem in ipairs(done.problems) do
      lines[#lines + 1] = problem.where .. "\0" .. problem.what:gsub("\n", " ")
    end
    return put(directory .. "/refused", table.concat(lines, "\n") .. "\n")
  end
  local made = question.of(done, {installed = "", ahead = false,
    exists = function(path) return file.stat(path) ~= nil end})
  put(directory .. "/question", question.text(assert(made), dkjson.encode))
end

collectgarbage "restart"
for at = 1, count do one(("%s/%d"):format(base, at)) end
