-- EDGE
-- Encrypts root's part of a backup by age, and decrypts it. Everything goes through memory: age opens no file as root.

local base64 = require "lib.base64"
local helper = require "cli.helper"
local program = require "cli.program"

local sealing = {}

local ANSWER_MAX = 1 << 30
local MAGIC = "age-encryption.org/v1\n"
local SECRET = "AGE-SECRET-KEY-1"

-- The answer takes the place of the question: see core/process/exchange.h.
local ANSWER = [[
printf '{"synlua":1,"text":"%s"}' "$made" >/proc/self/fd/0]]
local SEAL = [[made=$("$@" </proc/self/fd/0 | base64 -w 0)]] .. "\n" .. ANSWER
-- In a pipe, descriptor 0 is another one.
local UNSEAL = [[exec 4<&0
made=$(sed -n 2p </proc/self/fd/4 | base64 -d | "$1" -d -i /proc/self/fd/3 3<<END | base64 -w 0
$(sed -n 1p </proc/self/fd/4 | base64 -d)
END
)]] .. "\n" .. ANSWER

local function run(ask, script, words, text)
  local answer = ask("age", {}, {text = text, command = {argv = {"/bin/sh", "-c", script, "sh", table.unpack(words)},
    environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}, takes_long = true, answer_max = ANSWER_MAX}})
  return base64.decode(answer.text or "") or ""
end

--- The program.
---@return string|nil path
---@return Problem?
function sealing.program()
  local path = program.find "age"
  if path then return path end
  return nil, {where = "age", what = "is not installed, and encrypts backups", hint = "install age"}
end

--- Encrypts bytes.
---@param ask fun(name: string, user: table, asked: table): table
---@param recipients string[]
---@param bytes string
---@return string
function sealing.seal(ask, recipients, bytes)
  local words = {helper.must(sealing.program())}
  for _, recipient in ipairs(recipients) do table.move({"-r", recipient}, 1, 2, #words + 1, words) end
  local made = run(ask, SEAL, words, bytes)
  return helper.must(made:sub(1, #MAGIC) == MAGIC and made, {where = "age", what = "did not encrypt",
    hint = "look at its lines above"})
end

--- Decrypts them.
---@param ask fun(name: string, user: table, asked: table): table
---@param identity string the secret key
---@param bytes string
---@return string
function sealing.unseal(ask, identity, bytes)
  local text = ("%s\n%s\n"):format(base64.encode(identity), base64.encode(bytes))
  local made = run(ask, UNSEAL, {helper.must(sealing.program())}, text)
  return helper.must(made ~= "" and made, {where = "age", what = "did not decrypt root's part",
    hint = "give the secret key that belongs to it: --identity FILE"})
end

--- Whether a text holds a secret key of age.
---@param text string
---@return boolean
function sealing.is_identity(text) return ("\n" .. text):find("\n" .. SECRET, 1, true) ~= nil end

return sealing
