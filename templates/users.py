# Makes, lists and changes users. It stands behind admin.py. A user is made by Synapse's own tool.
import getpass, runpy, threading

def show(database, as_json):
    rows = database.run("SELECT name, admin, deactivated, is_guest, appservice_id, creation_ts FROM users "
                        "ORDER BY name")
    if as_json:
        names = ("name", "admin", "deactivated", "guest", "application_service", "created_s")
        users = [dict(zip(names, (row[0], bool(row[1]), bool(row[2]), bool(row[3]), row[4], row[5]))) for row in rows]
        print(json.dumps(users, indent=2))
        return
    for name, admin, deactivated, guest, appservice, created in rows:
        is_what = [word for word, holds in (("deactivated", deactivated), ("administrator", admin and not deactivated),
                   ("guest", guest), (f"of {appservice}", appservice)) if holds]
        day = time.strftime("%Y-%m-%d", time.gmtime(created or 0))
        print(plain(f"{day}  {name}{'  ' + ', '.join(is_what) if is_what else ''}"))

def acting(database, user, action):
    admins = administrators(database)
    others = [name for name in admins if name != user]
    if not others and action in ("revoke", "deactivate"):
        end(1, f"{user} is the only administrator; make another one first: synlua user admin NAME")
    return others or admins

def password(given):
    if given:
        text = sys.stdin.read().rstrip("\r\n")
    else:
        text = getpass.getpass("Password: ")
        if text and getpass.getpass("Confirm password: ") != text:
            end(64, "the passwords differ, so nothing was changed")
    if not text:
        end(64, "no password was given, so nothing was changed")
    return text

def request_of(said, user):
    action, path = said["action"], quote(user, safe="")
    if action == "passwd":
        body = {"new_password": password(said["given"]), "logout_devices": not said["keep"]}
        return "POST", "reset_password/" + path, body
    if action == "deactivate":
        return "POST", "deactivate/" + path, {"erase": False}
    return "PUT", f"users/{path}/admin", {"admin": action == "admin"}

DONE = {"passwd": "has a new password", "deactivate": "is deactivated", "admin": "is an administrator",
        "revoke": "is no administrator"}

def change(said, config, database):
    name, action = said["name"], said["action"]
    if is_delegated(config):
        end(78, "the authentication service manages the users of this homeserver; use its own command, mas-cli")
    user = name if name.startswith("@") else f"@{name}:{config.server.server_name}"
    if not database.run("SELECT 1 FROM users WHERE name = ?", user):
        end(1, f"there is no user {user}; synlua user list shows all")
    actors = acting(database, user, action)
    method, path, body = request_of(said, user)
    with Administrator(database, actors) as administrator:
        administrator.call(said["address"], method, "v1/" + path, body)
    print(f"{user} {DONE[action]}")

# Synapse's tool knows no Unix sockets. It must not ask through nginx, which may let nobody administer.
def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)

def relay(place, server):
    while True:
        near, far = server.accept()[0], Connection(place)
        far.connect()
        for ends in (near, far.sock), (far.sock, near):
            threading.Thread(target=pump, args=ends, daemon=True).start()

def url(place):
    if "socket" not in place:
        asked = Connection(place) # which looks whose the port is, before a password goes there
        asked.connect()
        asked.close()
        host = f"[{place['address']}]" if ":" in place["address"] else place["address"]
        return f"http://{host}:{place['port']}"
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=relay, args=(place, server), daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"

def add(arguments, place):
    sys.argv = ["register_new_matrix_user"] + arguments + [url(place)]
    runpy.run_module("synapse._scripts.register_new_matrix_user", run_name="__main__", alter_sys=True)

def main(said):
    if said["action"] == "add":
        return add(said["arguments"], said["address"])
    config = configuration(said["files"])
    database = Database(config)
    if said["action"] == "list":
        show(database, said["json"])
    else:
        change(said, config, database)

said = json.loads(sys.argv[1])
try:
    main(said)
except EOFError:
    print(file=sys.stderr) # ends the line of the question
    end(64, "no password was given, so no user was made" if said["action"] == "add"
        else "no password was given, so nothing was changed")
except KeyboardInterrupt:
    print(file=sys.stderr)
    end(130, "interrupted")
except Refused as fault:
    end(1, fault)
except OSError as fault: # Synapse's tool raises it too
    end(69, f"the homeserver was not reached: {fault}")
except KeyError as fault:
    end(69, f"the homeserver's answer has no {fault}")
except Exception as fault:
    end(69, f"the homeserver or its database was not reached: {fault}")
