"""quote_check.py READER FILE: lines of hex(value) and hex(quoted), each read by the real reader of the format.

Prints "N values" if every one arrived as it was; otherwise what differed, with exit status 1.
"""

import contextlib
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

PG_BIN = max(glob.glob("/usr/lib/postgresql/*/bin/"), key=lambda path: int(path.split("/")[4]), default="")
DEADLINE = 120


def late(*_):
    raise TimeoutError(f"not done after {DEADLINE} s")


def read_json(quoted, _):
    texts = [text.decode() for text in quoted]
    yield "values", [value.encode() for value in json.loads("[" + ",".join(texts) + "]")]
    yield "names", [next(iter(one)).encode() for one in json.loads("[" + ",".join("{%s:1}" % t for t in texts) + "]")]


def read_yaml(quoted, _):
    import yaml

    texts = [text.decode() for text in quoted]
    shapes = {
        "block sequence": ("\n".join("- " + t for t in texts), lambda doc: doc),
        "flow sequence": ("[" + ", ".join(texts) + "]", lambda doc: doc),
        "block mapping": ("\n".join(f"k{at}: {t}" for at, t in enumerate(texts)), lambda doc: list(doc.values())),
        "flow mapping": ("{" + ", ".join(f"k{at}: {t}" for at, t in enumerate(texts)) + "}",
                         lambda doc: list(doc.values())),
        "keys": ("\n".join(f"- {t}: 1" for t in texts), lambda doc: [next(iter(one)) for one in doc]),
        "before a comment": ("\n".join(f"- {t} # note" for t in texts), lambda doc: doc),
    }
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        for name, (text, values) in shapes.items():
            found = values(yaml.load(text, loader))
            yield f"{loader.__name__}, {name}", [v.encode() if isinstance(v, str) else repr(v) for v in found]


def read_shell(quoted, _):
    script = b"".join(b"printf '%s\\0' " + text + b"\n" for text in quoted)
    output = subprocess.run(["/bin/sh"], input=script, capture_output=True, check=True).stdout
    yield "sh", output.split(b"\0")[:-1]


def read_libpq(quoted, _):
    from psycopg2.extensions import parse_dsn

    for where in ("host=x password=%s", "password=%s host=x"):
        found = []
        for text in quoted:
            read = parse_dsn(where % text.decode("utf-8"))
            found.append(read.get("password", "").encode() if read["host"] == "x" else b"spilled")
        yield where, found


def read_xml(quoted, _):
    import xml.etree.ElementTree

    texts = [text.decode() for text in quoted]
    for quote in "\"'":
        read = xml.etree.ElementTree.fromstring("<d>" + "".join(f"<e a={quote}{t}{quote}>{t}</e>" for t in texts) + "</d>")
        yield f"element beside {quote}", [one.text.encode() if one.text else b"" for one in read]
        yield f"attribute in {quote}", [one.get("a").encode() for one in read]


def as_service_user(directory):
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(directory, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def started(process, mark):
    """Waits until the process has said so on stderr."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if mark in line:
            return
    sys.exit(f"{process.args}: " + "".join(lines))


@contextlib.contextmanager
def cluster(directory):
    """A cursor in a PostgreSQL of our own."""
    import psycopg2

    prefix, data = as_service_user(directory), os.path.join(directory, "data")
    done = subprocess.run([*prefix, PG_BIN + "initdb", "-N", "-U", "check", "-E", "UTF8", "--locale=C", "-A", "trust",
                           "-D", data], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        sys.exit(f"initdb: {done.stdout}")
    server = subprocess.Popen([*prefix, PG_BIN + "postgres", "-D", data, "-k", directory, "-h", "", "-F"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        started(server, "ready to accept connections")
        with contextlib.closing(psycopg2.connect(host=directory, user="check", dbname="postgres")) as connection:
            yield connection.cursor()
    finally:
        server.send_signal(signal.SIGINT)
        server.stderr.close()
        server.wait(30)


def read_sql_literal(quoted, directory):
    with cluster(directory) as cursor:
        for standard in ("on", "off"):
            cursor.execute(f"SET standard_conforming_strings = {standard}")
            found = []
            for text in quoted:
                cursor.execute("SELECT " + text.decode())
                found.append(cursor.fetchone()[0].encode())
            yield f"standard_conforming_strings = {standard}", found


def read_sql_identifier(quoted, directory):
    with cluster(directory) as cursor:
        found = []
        for text in quoted:
            cursor.execute("SELECT 1 AS " + text.decode())
            found.append(cursor.description[0].name.encode())
        yield "column names", found


def get(path, target):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    headers = [line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.startswith(b"X-Value: ")]
    return body, headers[0] if headers else b""


def read_nginx(quoted, directory):
    path = os.path.join(directory, "sock")
    locations = b"\n".join(b"location = /%d { add_header X-Value %s; return 200 %s; }" % (at, text, text)
                           for at, text in enumerate(quoted))
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = os.path.join(directory, "nginx.conf")
    user = "user root;" if os.geteuid() == 0 else ""
    with open(config, "wb") as file:
        file.write(f"{user} daemon off; worker_processes 1; error_log stderr notice; pid {directory}/pid; events {{}}\n"
                   f"http {{ access_log off; {temporary} server {{ listen unix:{path};\n".encode() + locations + b"\n}}\n")
    nginx = subprocess.Popen(["nginx", "-c", config, "-e", "stderr"], stderr=subprocess.PIPE, text=True)
    try:
        started(nginx, "start worker process ")
        answers = [get(path, f"/{at}") for at in range(len(quoted))]
    finally:
        nginx.terminate()
        nginx.stderr.close()
        nginx.wait(30)
    yield "body", [body for body, _ in answers]
    yield "header", [header for _, header in answers]


READERS = {"json": read_json, "yaml": read_yaml, "shell": read_shell, "libpq": read_libpq, "sql_literal": read_sql_literal,
           "sql_identifier": read_sql_identifier, "nginx": read_nginx, "xml": read_xml}


def main(reader, path):
    with open(path, encoding="ascii") as file:
        pairs = [[bytes.fromhex(word) for word in line.rstrip("\n").split(" ")] for line in file]
    signal.signal(signal.SIGALRM, late)
    signal.alarm(DEADLINE)
    values, quoted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    directory = tempfile.mkdtemp(prefix="quote-")
    differing = 0
    try:
        for name, found in READERS[reader](quoted, directory):
            if len(found) != len(values):
                sys.exit(f"{name}: differs in number: {len(found)} for {len(values)}")
            for value, text, read in zip(values, quoted, found):
                if read != value:
                    differing += 1
                    print(f"{name}: differs: {value!r} quoted {text!r} read {read!r}")
    finally:
        shutil.rmtree(directory)
    if differing:
        return 1
    print(f"{len(values)} values")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
