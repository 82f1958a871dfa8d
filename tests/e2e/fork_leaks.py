"""fork_leaks.py PYTHON: checks, with the real Synapse, that a process which the fork server forks frees what it makes, as
one that was executed does, although all that it has from the fork server is immortal.

Both make and drop objects of many kinds, Synapse's own too, which refer to those of the fork server and stand in its
modules, classes and dicts for a while. Then the objects that are still there are counted, and the blocks of memory
that have not come back. That a leak is seen is checked as well: a process that makes some of these objects immortal
must be found out.
"""

import collections
import ctypes
import functools
import gc
import json
import os
import subprocess
import sys
import types
import weakref

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "../../core/process")
APPS = ["synapse.app.homeserver", "synapse.app.generic_worker"]
TURNS = 20  # of each round
WARM, ROUNDS = 32, 16  # rounds while Python fills its caches, and the process its pages; rounds that count
# By what a forked process may grow more than another. Frozen is what is immortal and known to the collector: an
# immortal dict that was empty gets known to it when something is put in. Private memory is shown and not judged: the
# allocator of an executed process once kept 20 MB in 16 rounds, and nothing at other times.
LIMITS = {"blocks": TURNS * ROUNDS, "frozen": TURNS}
IMMORTAL = 0xFFFFFFFF


class Own:
    def __init__(self, *things):
        self.things = things


def instances():
    one, other = Own(json, gc), Own(Own)
    one.other, other.other = other, one
    return [one, other]


def functions():
    names = {}
    exec("def own(a, *, b=len):\n    return lambda: [a, b, own]", names)
    kept = functools.lru_cache(names["own"])
    return [names["own"], kept, kept(1)]


def generators():
    def counts(top):
        yield from range(top)

    begun, ended = counts(3), counts(1)
    next(begun)
    list(ended)
    try:
        begun.throw(ValueError(begun))
    except ValueError as error:
        return [begun, ended, error.__traceback__.tb_frame.f_locals["counts"]]
    return []


def texts():
    """What cannot be referred to weakly is seen in the memory alone."""
    text = "own " * len(sys.argv)
    content = json.loads(json.dumps({f"{text}{n}": [text + str(n), 10**30 + n, n / 7, None] for n in range(100)}))
    kept = [sys.intern(text + str(n)) for n in range(10)], text.encode() * 500, frozenset(content), tuple(content)
    return [Own(kept)]


def deferreds():
    from twisted.internet import defer

    async def waits(other):
        return await other + [other]

    one, failing = defer.Deferred(), defer.Deferred()
    ended = defer.ensureDeferred(waits(one))
    one.callback([ended])
    failing.addCallback(lambda value: value / 0)
    failing.addErrback(lambda failure: [failure, failure.trap(ZeroDivisionError)])
    failing.callback(1)
    return [one, ended, failing, failing.result[0]]


def events():
    from synapse.api.room_versions import RoomVersions
    from synapse.events import make_event_from_dict

    content = {"type": "m.room.message", "room_id": "!a:b", "sender": "@a:b", "content": {"body": "x" * 100},
               "auth_events": [], "prev_events": [], "depth": 1, "origin_server_ts": 1, "hashes": {"sha256": "a"},
               "signatures": {}, "unsigned": {"age": 1}}
    event = make_event_from_dict(content, RoomVersions.V10)
    assert json.loads(json.dumps(event.get_dict()))["content"] == content["content"] and event.event_id
    return [Own(event, content)]


def users():
    from synapse.types import UserID, create_requester
    from synapse.types.state import StateFilter

    user = UserID.from_string("@own:localhost")
    state = StateFilter.from_types([("m.room.member", user.to_string())])
    return [Own(user, create_requester(user), state)]


def caches():
    from synapse.util.caches.lrucache import LruCache
    from synapse.util.caches.treecache import TreeCache

    made, values = [], []
    for kind in (dict, TreeCache):
        cache = LruCache(max_size=20, clock=clock(), server_name="localhost", cache_type=kind)
        for n in range(60):
            value = Own(cache, n)
            cache[f"own{n}", n] = value
            values.append(value)
        cache.invalidate(("own59", 59))
        made.append(cache)
    return made + values


def queues():
    from synapse.logging.context import LoggingContext
    from synapse.util.async_helpers import Linearizer
    from twisted.internet import defer

    queue, entered = Linearizer("own", clock()), []

    async def enter(name):
        with LoggingContext(name=name, server_name="localhost") as context:
            async with queue.queue("key"):
                entered.append(context)

    made = [defer.ensureDeferred(enter(f"own{n}")) for n in range(3)]
    assert entered
    return [queue, Own(entered), *made]


def classes():
    """A class is noted by those it comes from, which are immortal."""
    from synapse.app.homeserver import SynapseHomeServer

    made = types.new_class("Own", (SynapseHomeServer,), exec_body=lambda names: names.update(own=Own(json)))
    assert isinstance(made, type) and not isinstance(Own(), made) and issubclass(made, SynapseHomeServer)
    return [made, made.own]


def replaced():
    """Objects in immortal modules, classes, dicts and lists, each in the place of the one before."""
    import synapse.api.constants as module

    made = [Own(module) for _ in range(5)]
    module.own, module.EventTypes.own, sys.modules["own"], module.__dict__["also own"], sys.meta_path[1:1] = (
        made[0], made[1], made[2], made[3], [made[4]])
    weak = weakref.WeakKeyDictionary({module: Own(module)})
    modules = [types.ModuleType(f"own{n}") for n in range(50)]
    sys.modules.update((one.__name__, one) for one in modules)
    for one in [sys.modules.pop(one.__name__) for one in modules]:
        one.own = one
    module.own, module.EventTypes.own, sys.modules["own"], module.__dict__["also own"] = [None] * 4
    del module.own, module.EventTypes.own, sys.modules["own"], module.__dict__["also own"], sys.meta_path[1]
    return [*made, *modules, weak, Own(weakref.proxy(module, made.append))]


def templates():
    import jsonschema

    template = environment().from_string("{% for one in own %}<b>{{ one }}</b>{% endfor %}")
    assert template.render(own="ab") == "<b>a</b><b>b</b>"
    schema = {"type": "object", "properties": {"own": {"type": "string"}}, "required": ["own"]}
    checks = jsonschema.Draft7Validator(schema)
    assert [error.message for error in checks.iter_errors({})]
    return [template, Own(checks)]


KINDS = [instances, functions, generators, texts, deferreds, events, users, caches, queues, classes, replaced, templates]


@functools.lru_cache(None)
def clock():
    from synapse.util.clock import Clock
    from twisted.internet import reactor

    return Clock(reactor, "localhost")


@functools.lru_cache(None)
def environment():
    import jinja2

    return jinja2.Environment(autoescape=True)


def make_immortal(thing):
    ctypes.c_uint32.from_address(id(thing)).value = IMMORTAL


def work(leaks):
    """A round of all kinds. Returns how many objects of each kind are still there. The collector runs at its end alone:
    Synapse's caches wait for their own lock for ever if it frees one while another is changed."""
    made = collections.defaultdict(list)
    for _ in range(TURNS):
        for kind in KINDS:
            things = kind()
            if leaks:
                make_immortal(things[0])
            made[kind.__name__] += map(weakref.ref, things)
            del things
    gc.collect()
    return {name: sum(one() is not None for one in ones) for name, ones in made.items()}


def private():
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private"))


def figures():
    return {"blocks": sys.getallocatedblocks(), "kB": private(), "frozen": gc.get_freeze_count()}


def measure(leaks):
    """Prints what the rounds after the first ones have left."""
    left = collections.Counter()
    for turn in range(ROUNDS + WARM):
        if turn == WARM:
            before = figures()
        alive = work(leaks)
        if turn >= WARM:
            left.update(alive)
    grown = {name: now - before[name] for name, now in figures().items()}
    print(json.dumps({"alive": left, **grown}), flush=True)


def process(how, wanted, leaks):
    """One that was executed, or one that is forked as the fork server does it."""
    sys.path.insert(0, SERVER)
    import forkserver

    gc.disable()
    _, reactor = forkserver.import_everything(APPS, ["jsonschema", "psycopg2", "hiredis"])
    gc.collect()
    if how == "fork":
        forkserver.share_objects(wanted)
        forkserver.fill_gaps()
    gc.freeze()  # without that each collection of the executed one would look at all of Synapse
    if how == "fork" and (pid := os.fork()):
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    forkserver.install_reactor(reactor)
    measure(leaks)


def run(python, *words):
    done = subprocess.run([python, os.path.abspath(__file__), "--process", *words], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}, timeout=300, check=False)
    assert done.returncode == 0 and done.stderr == "", f"{words}: status {done.returncode}\n{done.stderr}"
    print(f"{' '.join(words)}: {done.stdout.strip()}", flush=True)
    return json.loads(done.stdout)


def more(forked, executed):
    """In what the forked process has kept more than the executed one."""
    found = [name for name, count in forked["alive"].items() if count > executed["alive"][name]]
    return found + [name for name, limit in LIMITS.items() if forked[name] > max(executed[name], 0) + limit]


def main():
    python = sys.argv[1]
    executed = run(python, "exec", "no")
    forked = run(python, "fork", "try")
    assert not any(executed["alive"].values()), "the objects of this test are not freed by any process"
    assert more(forked, executed) == [], f"a forked process keeps more than another: {more(forked, executed)}"
    print(f"ok - objects of {len(KINDS)} kinds are freed in a forked process, and their blocks of memory, as in an executed one")
    found = more(run(python, "fork", "try", "leaks"), executed)
    missing = {kind.__name__ for kind in KINDS} | {"blocks"}
    missing -= set(found)
    assert not missing, f"objects that are never freed are not noticed: {missing}"
    print("ok - objects of each kind that are never freed are noticed, and their blocks of memory")


if __name__ == "__main__":
    if sys.argv[1] == "--process":
        process(sys.argv[2], sys.argv[3], len(sys.argv) > 4)
    else:
        main()
