-- Values that are hard to quote: fixed ones that caused errors in other programs, and random ones from a seed.

local samples = {}

samples.fixed = {
  "", " ", "  two  spaces  ", "word", "/a/path.sock", "example.com", "#not-a-comment", "a #b", "a;b", "{", "}", "{}",
  "a{b}c",
  "'", "''", '"', '""', "it's", 'say "hi"', "\\", "\\\\", "end\\", "\\n", "\\t\\r\\0", '\\"', "\\'", "%", "%20", "100%",
  "~", "~^x", "*", "**", "&", "&a", "*a", "!", "!tag", "|", ">", "?", "-", "- a", "--", "---", "...", ":", "a: b",
  "a:b",
  "a:", ":a", ",", "[a]", "[", "]", "@", "`", "`id`", "(x)", "<", ">>", "<<", "=", "a=b", "yes", "No", "ON", "off",
  "y", "N",
  "true", "False", "null", "NULL", "Null", "nan", ".nan", ".inf", "-.INF", "0", "007", "0o7", "0x1F", "0b1", "1_000",
  "-1",
  "+1", "1.5", "1e3", "1.e+3", ".5", "12:30:45", "2001-01-01", "2001-01-01T00:00:00Z", "_", "_1", "a_b", "-x", "/",
  ".", "..",
  "http://unix:/run/x.sock:/", "unix:/a b", "\195\164\195\182\195\188", "\226\130\172", "\240\159\144\152", "e\204\129",
  "\194\160", "a\194\160b", "\227\128\128", "select 1; drop table x; --", "$HOME", "$(id)", "a$b", "${x}", "!x",
  "\1", "a\tb",
  "a\nb", "\n", "a\n\n  b\n", "\r\n", "\27[31m", "\127", "\194\133", "\194\128", "\226\128\168", "\226\128\169",
  "\239\187\191",
  "x\239\187\191y", "\239\191\190", "\239\191\191", "\226\128\174", "\u{10FFFF}", "\u{E000}", "\u{FFFD}",
}

local pieces = {
  "a", "Z", "9", "_", "-", ".", "/", ":", ";", "{", "}", "#", " ", "  ", "'", '"', "\\", "\\\\", "%", "~", "*", "&",
  "!", "|", "<",
  ">", "=", "?", ",", "[", "]", "@", "`", "(", ")", "n", "t", "r", "x41", "yes", "null", "1e", "\n", "\t", "\r",
  "\1", "\27", "\127",
  "\194\133", "\194\160", "\195\164", "\226\128\168", "\239\187\191", "\239\191\191", "\240\159\144\152", "$", "'\\''",
}

-- A generator of its own (Lehmer), so that a seed gives the same values whatever else draws random numbers.
local function generator(seed)
  local state = seed
  return function(n)
    state = state * 48271 % 2147483647
    return state % n + 1
  end
end

samples.generator = generator

--- The fixed samples, then `count` random ones.
---@param seed integer
---@param count integer
---@return string[]
function samples.texts(seed, count)
  local list, random = table.move(samples.fixed, 1, #samples.fixed, 1, {}), generator(seed)
  for _ = 1, count do
    local parts = {}
    for at = 1, random(12) do parts[at] = pieces[random(#pieces)] end
    list[#list + 1] = table.concat(parts)
  end
  return list
end

return samples
