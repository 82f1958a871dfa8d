"""Compares core.yaml and yaml11 with PyYAML: yaml_roundtrip.py [--fuzz N] [--seed N] [--show CLASS] COMMAND...

COMMAND gets one more argument, the Lua code to run: `yaml_roundtrip.py build/synlua eval -e`. synlua decodes and encodes
every document of the corpus, every scalar of it in every place where a scalar may be, and N random documents. If both
readers accept a document, PyYAML must read the same value from our text as from the original, with its Python reader and
with libyaml, for kept scalars and for scalars written from our values. Our values must be the same too, and a second
round must change nothing.
"""

import argparse
import datetime
import math
import os
import random
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))

LUA = r"""
local yaml, yaml11 = require "lib.yaml", require "lib.yaml.yaml11"
local input, output = assert(io.open(%r, "rb")), assert(io.open(%r, "wb"))
local function hex(text) return (text:gsub(".", function(c) return ("%%02x"):format(c:byte()) end)) end
local function write(value, out)
  local got, kind = yaml11.value(value)
  if kind == "map" then
    local keys = 0
    for _ in pairs(got) do keys = keys + 1 end
    local tag = (getmetatable(got) or {}).tag
    out[#out + 1] = ("map %%d %%s"):format(keys, tag or "")
    for key, inner in pairs(got) do write(key, out) write(inner, out) end
  elseif kind == "seq" then
    local tag = (getmetatable(got) or {}).tag
    out[#out + 1] = ("seq %%d %%s"):format(#got, tag or "")
    for _, inner in ipairs(got) do write(inner, out) end
  elseif kind == "float" then
    out[#out + 1] = "float " .. ("%%a"):format(got)
  elseif kind == "int" and math.type(got) == "float" then
    out[#out + 1] = "big " .. ("%%a"):format(got)
  else
    local text = got == nil and "" or tostring(got)
    out[#out + 1] = kind .. " " .. hex(text)
  end
end
local PLAIN = {str = true, int = true, float = true, bool = true}
local function plain(value)
  local got, kind = yaml11.value(value)
  if PLAIN[kind] and not (kind == "int" and math.type(got) == "float") then return got end
  if kind ~= "map" and kind ~= "seq" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for key, inner in pairs(value) do copy[key] = plain(inner) end
  return copy
end
local function send(mark, text) output:write(mark, " ", #text, "\n", text) end
while true do
  local size = input:read("n")
  if not size then break end
  input:read(1)
  local text = size == 0 and "" or input:read(size)
  local value, message = yaml.decode(text, {name = "doc", duplicates = "warn"})
  if value == nil then
    send("refused", message)
  else
    local values = {}
    write(value, values)
    local once, why = yaml.encode(value)
    local again, fault = yaml.decode(once or "", {name = "again"})
    local twice = again == nil and fault or yaml.encode(again)
    send(once == nil and "unwritten" or twice == once and "ok" or "unstable", once and twice ~= once and once .. "\n----\n" .. twice or once or why)
    send("values", table.concat(values, "\n"))
    send("plain", assert(yaml.encode(plain(value))))
  end
end
output:close()
"""

BLOCKS = [
    "%s", "a: %s", "- %s", "a:\n  - %s\n  - x", "{a: %s}", "{a: %s, b: 1}", "[%s]", "[%s, x]", "%s: 1", "? %s\n: 1",
    "{%s: 1}", "a: !!str %s", "a: ! %s", "a: &x %s\nb: *x", "&x %s : 1\nb: *x", "a: %s # comment", "[a, %s: 1]",
    "a:\n  %s", "a: !!int %s", "a: !!float %s", "a: !!bool %s", "a: !!null %s", "!!set {%s, other}", "'': %s",
]


class Invalid:
    """Stands for a scalar that PyYAML cannot construct."""


def quoted(text):
    double = "".join(c if " " <= c <= "~" and c not in '"\\' else "\\U%08x" % ord(c) for c in text)
    return ['"%s"' % double, "'%s'" % text.replace("'", "''")]


def corpus():
    with open(os.path.join(HERE, "yaml_documents.txt"), encoding="utf-8", newline="") as file:
        documents = file.read().split("=====\n")
    with open(os.path.join(HERE, "yaml_scalars.txt"), encoding="utf-8", newline="") as file:
        scalars = file.read().split("\n")[:-1]
    placed = [block % form for scalar in scalars for form in [scalar] + quoted(scalar) for block in BLOCKS]
    return documents, documents + placed, scalars


def random_document(rng, scalars, documents):
    pieces = ["\n", "\n  ", "\n- ", "\n  - ", ": ", "- ", "? ", ", ", "[", "]", "{", "}", "&a ", "*a", "|\n  ", ">\n  ", ">-\n ",
              "|2\n", "'", '"', "#", " #", "!!str ", "! ", "<<: ", "<<", "=", "\\n", "\\", "\t", " ", "\n\n", "a", "b: 1\n",
              "\n---\n", "...\n", "%", "@", "-", "é", "\u2028", "\x85", "\r\n", "  ", "&b ", "*b", "a: ", "b: ", "x", "!!set "]
    choice = rng.random()
    if choice < 0.3:
        text = rng.choice(documents)
        for _ in range(rng.randint(1, 3)):
            start = rng.randint(0, len(text))
            end = start + rng.randint(0, 6)
            text = text[:start] + rng.choice(["", rng.choice(pieces), rng.choice(scalars), text[start:end] * 2]) + text[end:]
        return text
    if choice < 0.5:
        return "".join(rng.choice(pieces + scalars) for _ in range(rng.randint(1, 14)))
    return structure(rng, scalars, 0, 0)


def block_scalar(rng, indent):
    pad = " " * (indent + 1)
    lines = [rng.choice(["", " ", "  ", "x", " x", "x ", "a: b", "# c", "\ty", "é", "- x", "x y  "]) for _ in range(rng.randint(0, 5))]
    head = rng.choice("|>") + rng.choice(["", "-", "+", "1", "1-", "2", "2+"])
    return head + "\n" + "".join((pad + line if line else line) + "\n" for line in lines)


def structure(rng, scalars, indent, depth):
    pad = " " * indent
    choice = rng.random()
    if depth > 3 or choice < 0.35:
        text = rng.choice(scalars)
        return rng.choice([text, text] + quoted(text) + ["&x" + str(rng.randint(1, 9)) + " v", "*x" + str(rng.randint(1, 9))]) + "\n"
    if choice < 0.5:
        return block_scalar(rng, indent)
    if choice < 0.6:
        items = [rng.choice(scalars) for _ in range(rng.randint(0, 3))]
        return rng.choice([" [%s]\n" % ", ".join(items), " {%s}\n" % ", ".join(i + ": " + rng.choice(scalars) for i in items)])
    lead = "" if depth == 0 else "\n"
    if choice < 0.75:
        return lead + "".join(pad + "- " + structure(rng, scalars, indent + 2, depth + 1) for _ in range(rng.randint(1, 3)))
    keys = rng.sample(["a", "b", "c c", "1", "yes", "~", "'q'", "2.5", "<<", "é", "0x1"], rng.randint(1, 4))
    return lead + "".join(pad + k + ": " + structure(rng, scalars, indent + 2, depth + 1) for k in keys)


def run(command, documents):
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "in"), os.path.join(folder, "out")
        with open(source, "wb") as file:
            for document in documents:
                data = document.encode("utf-8")
                file.write(b"%d\n%s" % (len(data), data))
        subprocess.run(command + [LUA % (source, target)], check=True)
        with open(target, "rb") as file:
            answers = file.read()
    at, out = 0, []
    while at < len(answers):
        end = answers.index(b"\n", at)
        mark, size = answers[at:end].split()
        out.append((mark.decode(), answers[end + 1:end + 1 + int(size)].decode("utf-8")))
        at = end + 1 + int(size)
    return out


def our_value(lines):
    kind, _, rest = next(lines).partition(" ")
    if kind in ("map", "seq"):
        count, _, tag = rest.partition(" ")
        items = [our_value(lines) for _ in range(int(count) * (2 if kind == "map" else 1))]
        if kind == "map":
            items = dict(zip(items[::2], items[1::2]))
            return set(items) if tag.endswith(":set") else items
        return [next(iter(i.items())) for i in items] if tag else items
    if kind in ("float", "big"):
        return float.fromhex(rest) if kind == "float" else int(float.fromhex(rest))
    data = bytes.fromhex(rest)
    text = data.decode("utf-8", "surrogateescape")
    if kind == "timestamp":
        try:
            return yaml.SafeLoader("").construct_yaml_timestamp(yaml.ScalarNode("", text))
        except ValueError:
            return Invalid
    return {"str": lambda: text, "null": lambda: None, "bool": lambda: text == "true", "int": lambda: int(text),
            "binary": lambda: data}.get(kind, lambda: Invalid)()


def load(text, loader):
    try:
        return True, yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError) as error:
        return False, error


def order(key):
    return type(key).__name__, repr(key)


def same(a, b, big=False):
    if isinstance(a, bool) or isinstance(b, bool) or type(a) is not type(b):
        return a is b
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, big) for x, y in zip(a, b))
    if isinstance(a, dict):
        a, b = sorted(a.items(), key=lambda i: order(i[0])), sorted(b.items(), key=lambda i: order(i[0]))
        return same([tuple(i) for i in a], [tuple(i) for i in b], big)
    if isinstance(a, (set, frozenset)):
        return same(sorted(a, key=order), sorted(b, key=order), big)
    if isinstance(a, int) and big and abs(a) >= 2**63:
        return math.isclose(a, b, rel_tol=1e-15)
    if isinstance(a, datetime.datetime):
        return a == b and a.tzinfo == b.tzinfo
    return a == b


def holds_itself(value, above=()):
    """Our null stands for such a value: nothing else could go through it."""
    if isinstance(value, (dict, list)):
        if any(value is one for one in above):
            return True
        inner = value.values() if isinstance(value, dict) else value
        return any(holds_itself(one, (*above, value)) for one in inner)
    return False


def judge(document, answers, seen):
    """None, or what is wrong."""
    accepted, original = load(document, yaml.SafeLoader)
    mark, text = next(answers)
    if mark == "refused":
        seen["refused by us only" if accepted else "refused by both"].append((document, text))
        return None
    values, plain = next(answers)[1], next(answers)[1]
    if mark == "unwritten":
        return "decoded but not written: " + text
    if mark == "unstable":
        return "a second round changes:\n" + text
    if not accepted:
        seen["refused by PyYAML only"].append((document, str(original)))
        return None
    if holds_itself(original):
        seen["holds itself"].append((document, text))
        return None
    seen["equal"].append((document, text))
    for written in (text, plain):
        for loader in (yaml.SafeLoader, yaml.CSafeLoader):
            readable, again = load(written, loader)
            if not readable or not same(original, again):
                return "PyYAML reads %r at first and %r from (%s)\n%s" % (original, again, loader.__name__, written)
    ours = our_value(iter(values.split("\n")))
    if not same(original, ours, True):
        return "PyYAML reads %r, we %r" % (original, ours)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", metavar="CLASS", help="list the documents of a class of the summary")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    whole, documents, scalars = corpus()
    rng = random.Random(options.seed)
    documents += [random_document(rng, scalars, whole) for _ in range(options.fuzz)]
    answers = iter(run(options.command, documents))
    seen = {"equal": [], "holds itself": [], "refused by both": [], "refused by us only": [], "refused by PyYAML only": []}
    wrong = 0
    for document in documents:
        what = judge(document, answers, seen)
        if what:
            wrong += 1
            print("---- %r\n%s" % (document, what))
    for document, text in seen.get(options.show, []):
        print("%r: %s" % (document, text))
    print("%d documents, %d wrong; %s" % (len(documents), wrong, ", ".join("%s: %d" % (k, len(v)) for k, v in seen.items())))
    return 1 if wrong or not seen["equal"] else 0


if __name__ == "__main__":
    sys.exit(main())
