"""The phase `streams`: uses every endpoint of a worker, so that each type of worker has something to do."""

import asyncio
import secrets

import nio
from steps import (
    Failed,
    call,
    check,
    client_of,
    eventually,
    history,
    ok,
    picture,
    rest,
    small_streams,
    state_load,
    sync_until,
    talk,
    unlimit,
    upload,
)

ROOMS = 12
EDITS = 100


class Person:
    """One logged-in user, for requests that nio has no method for."""

    def __init__(self, client):
        self.client = client

    async def ask(self, method, path, body=None, status=200):
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        got, answer = await rest(
            self.client.client_session, method, self.client.homeserver + path, headers=headers, json=body
        )
        if status is not None and got != status:
            raise Failed(f"{method} {path}: wanted status {status}, got {got}, {answer}")
        return answer if status is not None else (got, answer)


async def push_rules(alice):
    rule = f"/_matrix/client/v3/pushrules/global/override/{secrets.token_hex(4)}"
    condition = {"kind": "event_match", "key": "content.body", "pattern": "x"}
    await alice.ask("PUT", rule, {"actions": ["notify"], "conditions": [condition]})

    async def attempt():
        status, answer = await alice.ask("GET", rule, status=None)
        return status == 200 and answer["conditions"] == [condition], f"status {status}"

    await eventually(attempt, "a push rule is kept")
    await alice.ask("DELETE", rule)

    async def gone():
        status, _ = await alice.ask("GET", rule, status=None)
        return status == 404, f"status {status}"

    await eventually(gone, "and removed again")


async def device_lists(alice, bob):
    user, device = bob.client.user_id, bob.client.device_id
    since = (await alice.ask("GET", "/_matrix/client/v3/sync?timeout=0"))["next_batch"]
    keys = {
        "user_id": user,
        "device_id": device,
        "algorithms": ["m.megolm.v1.aes-sha2"],
        "keys": {f"curve25519:{device}": secrets.token_urlsafe(32), f"ed25519:{device}": secrets.token_urlsafe(32)},
        "signatures": {user: {f"ed25519:{device}": secrets.token_urlsafe(64)}},
    }
    await bob.ask("POST", "/_matrix/client/v3/keys/upload", {"device_keys": keys})

    async def attempt():
        changed = await alice.ask("GET", f"/_matrix/client/v3/sync?timeout=500&since={since}")
        return user in changed.get("device_lists", {}).get("changed", []), str(changed.get("device_lists"))

    await eventually(attempt, "alice is told that bob's devices have changed")
    asked = await alice.ask("POST", "/_matrix/client/v3/keys/query", {"device_keys": {user: []}})
    check(asked["device_keys"][user][device]["keys"] == keys["keys"], "and gets the new keys")
    await bob.ask("PUT", f"/_matrix/client/v3/devices/{device}", {"display_name": "renamed"})
    await alice.ask("POST", "/_matrix/client/v3/keys/claim", {"one_time_keys": {}})


async def presence(alice, bob, room):
    del room
    status = secrets.token_hex(4)
    path = f"/_matrix/client/v3/presence/{alice.client.user_id}/status"
    await alice.ask("PUT", path, {"presence": "online", "status_msg": status})

    async def attempt():
        answer = await bob.ask("GET", path)
        return answer.get("status_msg") == status, str(answer)

    await eventually(attempt, "bob sees alice's presence")


async def search(alice, bob, room):
    word = f"needle{secrets.token_hex(4)}"
    await talk(alice.client, bob.client, room, [f"a {word} in the hay"])
    wanted = {"search_categories": {"room_events": {"search_term": word}}}

    async def found():
        answer = await alice.ask("POST", "/_matrix/client/v3/search", wanted)
        return answer["search_categories"]["room_events"]["count"] == 1, str(answer)

    await eventually(found, "a message is found by its word")
    # Not every process that registers users tells the directory, but each change of a profile does.
    term = f"Bob {word}"
    await call(bob.client.set_displayname(term), nio.ProfileSetDisplayNameResponse)

    async def listed():
        answer = await alice.ask("POST", "/_matrix/client/v3/user_directory/search", {"search_term": term})
        return bob.client.user_id in [user["user_id"] for user in answer["results"]], str(answer)

    await eventually(listed, "bob is found in the user directory")


async def quarantine(alice, bob):
    media = await upload(bob.client, picture(16), "image/png", "bad.png")
    server, media_id = media["uri"].removeprefix("mxc://").split("/")
    await alice.ask("POST", f"/_synapse/admin/v1/media/quarantine/{server}/{media_id}", {})

    async def attempt():
        status, _ = await bob.ask("GET", f"/_matrix/client/v1/media/download/{server}/{media_id}", status=None)
        return status == 404, f"status {status}"

    await eventually(attempt, "media in quarantine is not served")


async def profile_edits(alice):
    rooms = []
    for number in range(ROOMS):
        rooms.append((await call(alice.client.room_create(name=f"Room {number}"), nio.RoomCreateResponse)).room_id)
    failed = []
    path = f"/_matrix/client/v3/profile/{alice.client.user_id}/displayname"
    for number in range(EDITS):
        status, answer = await alice.ask("PUT", path, {"displayname": f"Alice {number}"}, status=None)
        if status != 200:
            failed.append(f"{status} {answer}")
        await asyncio.sleep(0.02 * (number % 5))
    check(not failed, f"{EDITS} profile edits of a user in {ROOMS} rooms, none failed", f"{len(failed)}: {failed[:3]}")
    return rooms


async def room_reads(alice, bob, room, event):
    base = f"/_matrix/client/v3/rooms/{room}"
    for path in (
        "/messages?dir=b&limit=5",
        "/members",
        "/joined_members",
        "/state",
        "/state/m.room.create/",
        f"/context/{event}",
        f"/event/{event}",
    ):
        await alice.ask("GET", base + path)
    await alice.ask("GET", f"/_matrix/client/v1/rooms/{room}/relations/{event}")
    await alice.ask("GET", f"/_matrix/client/v1/rooms/{room}/hierarchy")
    await alice.ask("GET", f"/_matrix/client/v1/rooms/{room}/timestamp_to_event?ts=0&dir=f")
    await bob.ask("POST", f"{base}/read_markers", {"m.fully_read": event, "m.read": event})
    sent = await bob.ask("PUT", f"{base}/send/m.room.message/{secrets.token_hex(8)}", {"msgtype": "m.text", "body": "x"})
    await bob.ask("PUT", f"{base}/redact/{sent['event_id']}/{secrets.token_hex(8)}", {})
    ok("a room is read in every way")


async def account_reads(alice, bob):
    for path in (
        "/_matrix/client/versions",
        "/_matrix/client/v3/capabilities",
        "/_matrix/client/v3/account/whoami",
        "/_matrix/client/v3/account/3pid",
        "/_matrix/client/v3/devices",
        "/_matrix/client/v3/joined_rooms",
        "/_matrix/client/v3/publicRooms",
        "/_matrix/client/v3/pushrules/",
        "/_matrix/client/v3/notifications",
        "/_matrix/client/v3/voip/turnServer",
        "/_matrix/client/v3/login",
        f"/_matrix/client/v3/profile/{bob.client.user_id}",
    ):
        await alice.ask("GET", path)
    sliding = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0"
    wanted = {"lists": {"all": {"ranges": [[0, 20]], "required_state": [], "timeline_limit": 1}}}
    answer = await alice.ask("POST", sliding, wanted)
    check(answer["lists"]["all"]["count"] > 0, "a sliding sync lists alice's rooms")
    await alice.ask("POST", f"{sliding}&pos={answer['pos']}", wanted)
    await alice.ask("GET", "/_matrix/client/v3/sync?timeout=0")
    ok("an account is read in every way")


async def thread_subscription(alice, room, event):
    path = f"/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{event}/subscription"
    status, answer = await alice.ask("PUT", path, {}, status=None)
    if status == 404:
        print("# thread subscriptions are not enabled", flush=True)
        return
    check(status == 200, "a thread is subscribed to", f"status {status}, {answer}")


async def phase(arguments, clients):
    state = state_load(arguments.state)
    for who in ("alice", "bob"):
        clients[who] = client_of(arguments.url, state, who)
        await call(clients[who].sync(timeout=0), nio.SyncResponse)
    alice, bob = Person(clients["alice"]), Person(clients["bob"])
    room = state["room"]
    for person in (alice, bob):
        await unlimit(person.client.client_session, arguments.url, alice.client.access_token, person.client.user_id)
    state["messages"] += await talk(alice.client, bob.client, room, [f"streams {secrets.token_hex(4)}"])
    event = state["messages"][-1]["event"]
    await small_streams(alice.client, bob.client, room, event)
    await push_rules(alice)
    await device_lists(alice, bob)
    await presence(alice, bob, room)
    await quarantine(alice, bob)
    await account_reads(alice, bob)
    await room_reads(alice, bob, room, event)
    await thread_subscription(alice, room, event)
    await search(alice, bob, room)
    await profile_edits(alice)
    await sync_until(bob.client, "bob is up to date", lambda _: True)
    name = (await call(alice.client.get_displayname(alice.client.user_id), nio.ProfileGetDisplayNameResponse)).displayname
    state["profile"]["name"] = name
    state["messages"] = await history(bob.client, room)  # with those of search, without the redacted one
    return state
