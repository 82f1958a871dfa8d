#!/usr/bin/env python3
"""Asks Prometheus each query of Synapse's dashboard, as Grafana does, until each has given a number.

A line `PART | REASON` of the file of reasons excuses the queries in whose text PART stands. A reason for what has given
a number is an error, and so is one for what no query asks. Prints the counts and exits 1 at an error.
"""

import argparse
import json
import math
import re
import sys
import time
import urllib.parse
import urllib.request

BUCKET = "30s"


class Prometheus:
    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]

    def values(self, metric, label):
        return self.get(f"label/{label}/values", **{"match[]": metric})

    def has_number(self, query):
        """Whether it gives a value that a panel can draw."""
        data = self.get("query", query=query)
        if data["resultType"] == "scalar":
            return True
        return any(not math.isnan(float(one["value"][1])) for one in data["result"])


def queries_of(panels):
    """Each with the title of its panel. What has no text asks for nothing."""
    for panel in panels:
        for target in panel.get("targets", []):
            if target.get("expr", "").strip():
                yield panel["title"], target["expr"]
        yield from queries_of(panel.get("panels", []))


def variables(dashboard, prometheus, server_name):
    """The values that Grafana would offer, all of them chosen."""
    values = {"bucket_size": BUCKET}
    for one in dashboard["templating"]["list"]:
        if one["type"] != "query":
            continue
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", one["query"]["query"]).groups()
        offered = prometheus.values(metric, label)
        if one.get("multi"):
            values[one["name"]] = one.get("allValue") or "(%s)" % "|".join(re.escape(value) for value in offered)
        elif server_name in offered:
            values[one["name"]] = server_name
    return values


def filled(query, values):
    return re.sub(r"\$(\w+)", lambda name: values[name[1]].replace("\\", "\\\\"), query)


def reasons_of(path):
    reasons = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                part, reason = line.rstrip("\n").split(" | ")
                reasons[part] = reason
    return reasons


def excuse(query, reasons):
    """The part that excuses the query, if there is one."""
    return next((part for part in reasons if part in query), None)


def asked(arguments, dashboard, queries, reasons):
    """The places of the queries that have given a number."""
    prometheus, answered = Prometheus(arguments.prometheus), set()
    wanted = {at for at, (_, query) in enumerate(queries) if not excuse(query, reasons)}
    begun = time.monotonic()
    while time.monotonic() < begun + arguments.deadline and not wanted <= answered:
        values = variables(dashboard, prometheus, arguments.server_name)
        if "server_name" in values and values.get("job", "()") != "()":
            for at, (_, query) in enumerate(queries):
                if at not in answered and prometheus.has_number(filled(query, values)):
                    answered.add(at)
        time.sleep(2)
    return answered


def faults(queries, answered, reasons):
    for at, (title, query) in enumerate(queries):
        part = excuse(query, reasons)
        if at not in answered and not part:
            yield f"no number and no reason: {title}: {query}"
        elif at in answered and part:
            yield f"there are numbers in spite of the reason for {part}: {title}: {query}"
    used = {excuse(query, reasons) for _, query in queries}
    for part in reasons:
        if part not in used:
            yield f"no query needs the reason for {part}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument("--dashboard", required=True, metavar="FILE")
    parser.add_argument("--reasons", required=True, metavar="FILE")
    parser.add_argument("--server-name", required=True, metavar="NAME")
    parser.add_argument("--deadline", type=float, default=300, metavar="S")
    arguments = parser.parse_args()
    with open(arguments.dashboard, encoding="utf-8") as file:
        dashboard = json.load(file)
    queries, reasons = list(queries_of(dashboard["panels"])), reasons_of(arguments.reasons)
    answered = asked(arguments, dashboard, queries, reasons)
    wrong = list(faults(queries, answered, reasons))
    for fault in wrong:
        print(f"not ok - {fault}")
    listed = sum(1 for _, query in queries if excuse(query, reasons))
    print(f"{'not ok' if wrong else 'ok'} - of {len(queries)} queries {len(answered)} give numbers, {listed} have a reason")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
