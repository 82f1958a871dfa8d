-- Chooses the style in which a scalar is written, so that every YAML reader reads the same text.

local yaml11 = require "lib.yaml.yaml11"

local style = {}

local OTHERS_BOOLEANS = {y = true, Y = true, n = true, N = true} -- booleans for other readers of YAML 1.1

-- Printable ASCII on one line. No style except the block styles changes it.
function style.is_simple_line(text) return not text:find "[^ -~]" end

-- Whole lines of printable ASCII, none of them blank, indented, or with spaces at its end. For such text a literal
-- block needs no indentation or chomping mark, which readers might interpret differently.
local function is_simple_block(text)
  return text:sub(-1) == "\n" and not text:find "[^ -~\n]" and not text:find "^[ \n]" and not text:find "\n[ \n]"
    and not text:find " \n"
end

-- Text such as file names, host names and words.
function style.is_plain(text)
  return text:find "^[A-Za-z_/][A-Za-z0-9_/.-]*$" and yaml11.resolve(text) == "str" and not OTHERS_BOOLEANS[text]
end

--- The style that a kept scalar had, or double quotes if that style is not safe.
function style.safe(kept, text, is_key)
  local block = kept == "literal" or kept == "folded"
  if block and not is_key and is_simple_block(text) or not block and style.is_simple_line(text) then return kept end
  return "double"
end

-- The shortest text that reads back as this number. YAML 1.1 recognises a float by its point.
function style.float(value)
  if value ~= value then return ".nan" end
  if value == math.huge or value == -math.huge then return value < 0 and "-.inf" or ".inf" end
  local text
  for digits = 15, 17 do
    text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then break end
  end
  if text:find(".", 1, true) then return text end
  return (text:gsub("^(-?%d+)", "%1.0"))
end

return style
