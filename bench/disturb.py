"""Steady traffic on a homeserver while workers are killed, and what each process uses meanwhile.

Every second worker is killed in turn. The others live from the first minute to the last, so a leak in a worker shows in
them. Those that are killed have about the same age each time, so what they use then shows whether new ones get larger.
"""

import collections
import os
import re
import signal
import statistics
import time

from homeserver import processes_below

KILL_EVERY = 20
OLD_ENOUGH = 80  # seconds; synlua gives a worker up after five deaths without a minute of being ready between them
PACE = 0.5  # seconds for each message with what belongs to it
SAMPLES = 12
# Small caches are full after a few minutes, and then only what is never freed can grow. Default ones fill for hours.
VARIABLES = {"SYNAPSE_CONFIG__caches__global_factor": "0.02"}
BAD = re.compile(
    r"Traceback|Fatal Python error|Segmentation|SIGSEGV|SIGABRT|SIGBUS|SIGILL|Exception ignored|refcnt|MemoryError|"
    r"internal error|begins anew|starts by exec|failed for good|left over|has been halted", re.I)


def age(pid):
    """Seconds since the process was forked."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        begun = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[0]) - begun


def private(pid):
    """MB that no other process shares."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", file.read(), re.M)) / 1024


class Disturbance:
    def __init__(self, run, service, is_worker):
        self.run, self.service = run, service
        self.names = sorted(filter(is_worker, self.pids()))
        self.victims = self.names[1::2]
        self.turn, self.kills, self.at_death, self.samples = 0, 0, [], []

    def pids(self):
        """service -> pids; PostgreSQL's processes come and go with connections."""
        found = collections.defaultdict(list)
        for pid, name in processes_below(self.run.process.pid).items():
            try:
                if name != "postgres":
                    found[self.service(pid, name)].append(pid)
            except OSError:
                pass  # it has just ended
        return found

    def kill(self):
        name = self.victims[self.turn % len(self.victims)]
        self.turn += 1
        try:
            pid = self.run.named(f"/{name}.yaml")
            if pid is None or age(pid) < OLD_ENOUGH:
                return
            self.at_death.append((name, age(pid), private(pid)))
        except OSError:
            return  # it or another process has just ended
        os.kill(pid, signal.SIGKILL)
        self.kills += 1

    def sample(self, elapsed):
        """Prints a line, so that a measurement that is interrupted has told what it has seen."""
        used = {}
        for name, pids in self.pids().items():
            try:
                used[name] = sum(map(private, pids)), min(map(age, pids))
            except OSError:
                pass
        self.samples.append((elapsed, used))
        living = [used[name][0] for name in self.names if name not in self.victims and name in used]
        killed, self.at_death = self.at_death, []
        told = f"{elapsed:7.0f} s"
        if living:
            told += f"; {statistics.mean(living):.1f} MB for each of {len(living)} that live on"
        if killed:
            told += f"; {statistics.mean(mb for *_, mb in killed):.1f} MB for each of {len(killed)} when killed, "
            told += f"{statistics.mean(seconds for _, seconds, _ in killed):.0f} s old"
        print(f"{told}; {sum(mb for mb, _ in used.values()):.1f} MB in all", flush=True)

    def table(self):
        """Private MB of each process over time. A star: it was forked since the sample before."""
        print("\nprivate MB after s".ljust(24) + "".join(f"{elapsed:8.0f}" for elapsed, _ in self.samples))
        for name in sorted({name for _, used in self.samples for name in used}):
            row, before = "", 0
            for elapsed, used in self.samples:
                mb, seconds = used.get(name, (None, 0))
                row += f"{'-':>8}" if mb is None else f"{mb:7.1f}{'*' if seconds < elapsed - before else ' '}"
                before = elapsed
            print(f"  {name:21}{row}")
        totals = [sum(mb for mb, _ in used.values()) for _, used in self.samples]
        print(f"  {'all':21}" + "".join(f"{mb:7.1f} " for mb in totals), flush=True)

    def go_on(self, talking, seconds):
        began = time.monotonic()
        next_kill, next_sample, next_turn, turns = began + KILL_EVERY, began, began, 0
        while (now := time.monotonic()) < began + seconds:
            if now >= next_sample:
                self.sample(now - began)
                next_sample += seconds / SAMPLES
            if self.victims and now >= next_kill:
                self.kill()
                next_kill += KILL_EVERY
            talking.turn()
            turns += 1
            next_turn = max(next_turn + PACE, now)  # what was late is not made up for
            time.sleep(max(0, next_turn - time.monotonic()))
        self.sample(time.monotonic() - began)
        self.table()
        print(f"{self.kills} kills; {turns} messages; "
              f"{talking.unanswered()} of {talking.asked()} requests had no answer")


def complaints(log, kills):
    """Prints what a log holds that should not be there, and how the workers ended."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    deaths = collections.Counter(
        found[2] for line in lines if (found := re.match(r"synlua \| .*?(\w+) died: (.*?)(?:[;,]|$)", line)))
    print(f"deaths in the log, for {kills} kills: {dict(deaths)}")
    bad = [line for line in lines if BAD.search(line)]
    print(f"{len(bad)} of {len(lines)} lines tell of trouble")
    for line in bad[:40]:
        print("  " + line[:300])
    stop = next((at for at, line in enumerate(lines) if re.match(r"synlua \| .*(SIGTERM|stopping)", line)), len(lines))
    print(f"the log from the stop on, {len(lines) - stop} lines:")
    for line in lines[stop:][:60]:
        print("  " + line[:300])
