#!/bin/sh
# tests/e2e/lib.sh: functions for the end-to-end tests: start a homeserver as an admin does, wait with a deadline, and
# end it. Set root (of the checkout) and port before. Needs build/synlua, Synapse's Python in SYNLUA_SYNAPSE_PYTHON and the
# client's in E2E_PYTHON.
# shellcheck disable=SC2034,SC2154

python=${E2E_PYTHON:-$root/.venv-e2e/bin/python}
work=$(mktemp -d)
chmod 755 "$work"
log=$work/log
synlua='' status='' start_limit=180 stop_limit=3000
# One worker of every type.
every=account_data,appservice,background_worker+event_persister,client_reader,device_lists,event_creator,event_persister
every=$every,federation_inbound,federation_reader,federation_sender,frontend_proxy,initial_sync,media_repository,presence
every=$every,push_rules,pusher,receipts,sliding_synchrotron,sso_login,synchrotron,thread_subscriptions,to_device,typing
every=$every,user_dir
as='' # what makes a command run as Synapse's user
[ "$(id -u)" -ne 0 ] || as='setpriv --reuid 991 --regid 991 --clear-groups'

export SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no SYNAPSE_CONFIG_DIR="$work/data" \
    SYNAPSE_DATA_DIR="$work/data" SYNLUA_RUNTIME_DIR="$work/run" NGINX_LISTEN_ADDRESS=127.0.0.1 \
    SYNAPSE_HTTP_PORT="$port" SYNLUA_SYNAPSE_PYTHON="${SYNLUA_SYNAPSE_PYTHON:-$root/.venv/bin/python}"

# E2E_LOG=FILE keeps the last log there.
cleanup() {
    [ -z "${E2E_LOG-}" ] || cp "$log" "$E2E_LOG" 2>/dev/null || :
    # A regular stop comes first, because the names of nginx's workers have no directory by which to find them.
    [ -z "$synlua" ] || kill -TERM "$synlua" 2>/dev/null || :
    tries=0
    while [ -n "$synlua" ] && kill -0 "$synlua" 2>/dev/null && [ "$tries" -lt 500 ]; do
        tries=$((tries + 1))
        sleep 0.02
    done
    [ -z "$synlua" ] || kill -KILL "$synlua" 2>/dev/null || :
    # Processes that are left are found by the directory in their command line.
    for left in $(pgrep -f "$work/" || :); do kill -KILL "$left" 2>/dev/null || :; done
    [ -n "${E2E_KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() { printf 'ok - %s\n' "$*"; }

fail() {
    printf 'not ok - %s\n' "$*"
    tail -n 40 "$log"
    exit 1
}

now() { date +%s%3N; }

# within SECONDS WHAT COMMAND...: waits until the command succeeds.
within() {
    end=$(($(now) + $1 * 1000)) what=$2
    shift 2
    until "$@"; do
        [ "$(now)" -lt "$end" ] || fail "$what: not in time"
        sleep 0.02
    done
}

said() { grep -q "$1" "$log"; }
gone() { ! kill -0 "$1" 2>/dev/null; }
process() { pgrep -f "$1" | head -n 1; }
count() { grep -c "$1" "$log" || :; }
more() { [ "$(count "$1")" -gt "$2" ]; }
client() {
    phase=$1
    shift
    "$python" "$root/tests/e2e/client.py" "$phase" --url "http://127.0.0.1:$port" --state "$work/state" "$@"
}

# begun PID: it is ready; fails at once where it has ended instead
begun() {
    said '^synlua | ready in' && return
    kill -0 "$1" 2>/dev/null || fail 'ended before it was ready'
    return 1
}

begin() {
    : >"$log" # or what the start before said would be taken for this one's
    "$root/build/synlua" run >"$log" 2>&1 &
    synlua=$!
    within "$start_limit" ready begun "$synlua"
    ok "$(sed -n 's/^synlua | \(ready in [^;]*\).*/\1/p' "$log")"
}

end() {
    began=$(now)
    kill -TERM "$synlua"
    status=0
    wait "$synlua" || status=$?
    took=$(($(now) - began))
    synlua=''
    [ "$status" -eq 0 ] || fail "exit status $status after TERM"
    [ "$took" -le "$stop_limit" ] || fail "TERM took $took ms"
    left=$(pgrep -f "$work/" || :)
    [ -z "$left" ] || fail "processes were left: $left"
    ok "TERM ended everything in $took ms, exit 0"
}
