# Tests whether Synapse can work with a Redis server outside: address, TLS, login and database. It says READY once that
# works. Afterwards it tests the server again at each HTTP request, and answers 204 or 503. Arguments: the Unix socket
# on which it answers, and Synapse's configuration files. The first word of each line tells synlua what kind of fault
# it is.
import os
import socket
import ssl
import sys

import yaml

WAITING, CONFIGURATION = 69, 78
PATIENCE = 5  # seconds for each answer

# Errors of a server that may be over in a moment.
PASSING = ("LOADING", "MASTERDOWN", "BUSY", "TRYAGAIN", "ERR max number of clients")


class Refused(Exception):
    pass


def options_of(paths):
    merged = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            merged.update(yaml.safe_load(file) or {})
    options = merged.get("redis") or {}
    if options.get("password_path"):
        with open(options["password_path"], encoding="utf-8") as file:
            options["password"] = file.read().strip()
    return options


# Synapse does not verify the server's certificate, so neither does this.
def with_tls(connection, options):
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if options.get("certificate_file"):
            context.load_cert_chain(options["certificate_file"], options.get("private_key_file"))
    except OSError as error:
        raise Refused("its TLS files: %s" % error) from error
    return context.wrap_socket(connection)


def connect(options):
    if options.get("path") is not None:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(options["path"])
        return connection
    connection = socket.create_connection((options.get("host", "localhost"), options.get("port", 6379)), PATIENCE)
    return with_tls(connection, options) if options.get("use_tls") else connection


def line_of(connection):
    line = b""
    while not line.endswith(b"\r\n"):
        more = connection.recv(1)
        if not more or len(line) > 4096:
            raise Refused("it is no Redis: %r" % line[:80]) if line else OSError("it closed the connection")
        line += more
    return line[:-2].decode("utf-8", "replace")


def ask(connection, *words):
    message = b"*%d\r\n" % len(words)
    for word in words:
        word = str(word).encode()
        message += b"$%d\r\n%s\r\n" % (len(word), word)
    connection.sendall(message)
    line = line_of(connection)
    if line.startswith("-"):
        if line[1:].startswith(PASSING):
            raise OSError(line[1:])
        raise Refused("it says: " + line[1:])
    if not line.startswith("+"):
        raise Refused("it is no Redis: " + line[:80])


def try_it(options):
    with connect(options) as connection:
        password, user = options.get("password"), options.get("username")
        if password is not None:
            ask(connection, "AUTH", *([user] if user else []), password)
        if options.get("dbid") is not None:
            ask(connection, "SELECT", options["dbid"])
        ask(connection, "PING")


def place_of(options):
    if options.get("path") is not None:
        return options["path"]
    return "%s:%s" % (options.get("host", "localhost"), options.get("port", 6379))


# Returns a line about the fault and a status, or None. The line never contains the password.
def fault_of(options):
    try:
        try_it(options)
        return None
    except Refused as error:
        who, status, text = "refused: the Redis server ", CONFIGURATION, str(error)
    except OSError as error:
        who, status, text = "unreachable: the Redis server ", WAITING, str(error) or type(error).__name__
    if options.get("password"):
        text = text.replace(str(options["password"]), "***")
    return "%s%s: %s" % (who, place_of(options), " ".join(text.split())), status


def tell_ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(os.environ["NOTIFY_SOCKET"])
        notify.sendall(b"READY=1")


def serve(path, options):
    os.umask(0o077)
    listener, before = socket.socket(socket.AF_UNIX), None
    listener.bind(path)
    listener.listen(4)
    tell_ready()
    while True:
        client = listener.accept()[0]
        with client:
            client.settimeout(PATIENCE)
            try:
                client.recv(4096)
                fault = fault_of(options)
                if fault and not before:
                    print(fault[0], flush=True)
                elif before and not fault:
                    print("the Redis server %s answers again" % place_of(options), flush=True)
                before = fault
                client.sendall(b"HTTP/1.0 %s\r\n\r\n" % (b"503 Unavailable" if fault else b"204 OK"))
            except OSError:
                pass


def main():
    try:
        options = options_of(sys.argv[2:])
    except OSError as error:
        print("refused: %s" % error)
        sys.exit(CONFIGURATION)
    fault = fault_of(options)
    if fault:
        print(fault[0])
        sys.exit(fault[1])
    serve(sys.argv[1], options)


main()
