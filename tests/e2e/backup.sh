#!/bin/sh
# tests/e2e/backup.sh: functions for the tests of backups: makes and restores them, flips bits, and kills synlua in the
# middle. Read it after lib.sh.
# shellcheck disable=SC2034,SC2119,SC2120,SC2154

start_limit=400 stop_limit=8000
synlua_program=$root/build/synlua
data=$work/data backups=$work/backups
export SYNLUA_BACKUP_DIR="$backups" SYNLUA_BACKUP_KEEP=3
mkdir "$backups" "$work/kept"

# Each file in which a bit may be another one.
pieces='MANIFEST admin.tar synapse/database.* synapse/files.tar synapse/media.list synapse/media/local_content/*/*/*'

backup() { "$synlua_program" backup "$@" >"$work/out" 2>&1 || fail "backup: $(cat "$work/out")"; }

# The newest goes where no later one removes it.
keep() {
    cp -a "$(newest)" "$work/kept/"
    kept=$work/kept/$(basename "$(newest)")
}

newest() { for one in "$backups"/localhost-*/MANIFEST; do dirname "$one"; done | tail -n 1; }

# restored WORDS BACKUP: into a new data directory
restored() {
    words=$1
    shift
    no_data
    "$synlua_program" restore "$@" >"$work/out" 2>&1 || fail "restore: $(cat "$work/out")"
    grep -q "$words" "$work/out" || fail "restore does not say: $words: $(cat "$work/out")"
    if grep -q 'se-cret' "$work/out"; then fail 'the password is shown'; fi
    ok "$(grep ' is restored ' "$work/out")"
}

# refused WORDS COMMAND...
refused() {
    words=$1
    shift
    if "$synlua_program" "$@" >"$work/out" 2>&1; then fail "not refused: $*"; fi
    grep -q "$words" "$work/out" || fail "$* does not say: $words: $(cat "$work/out")"
}

# One bit of each kind of file, one after the other.
flipped() {
    for piece in $pieces; do
        for file in "$1"/$piece; do break; done
        [ -f "$file" ] || fail "no $piece"
        rm -rf "$work/flipped" && cp -a "$1" "$work/flipped"
        python3 - "$work/flipped/${file#"$1"/}" <<'END'
import os, random, sys
with open(sys.argv[1], "r+b") as file:
    at = random.randrange(os.stat(file.fileno()).st_size)
    file.seek(at)
    byte = file.read(1)[0]
    file.seek(at)
    file.write(bytes([byte ^ 1 << random.randrange(8)]))
END
        refused 'is not what it was\|is no manifest\|is cut off' restore --check "$work/flipped"
    done
    ok "a flipped bit is refused in each of: $pieces"
}

# Removes the data directory. A process of a server that was killed may still write there for a moment.
no_data() { within 60 'the data directory is removed' rm -rf "$data"; }

# What the programs of PostgreSQL have in their arguments.
all_gone() { [ -z "$(pgrep -f "$backups/|$data/postgres/[0-9]*[.]new")" ]; }

# killed SECONDS COMMAND...: kill -9 of synlua after so long. Its children end with it.
killed() {
    after=$1
    shift
    "$synlua_program" "$@" >"$work/out" 2>&1 &
    victim=$!
    sleep "$after"
    kill -KILL "$victim" 2>/dev/null || :
    wait "$victim" 2>/dev/null || :
    within 60 'its children are gone' all_gone
}

# points MS: ten moments of what takes so long
points() { for at in 1 2 3 4 5 6 7 8 9 10; do echo "$1 $at" | awk '{ printf "%.3f\n", $1 * $2 / 11000 }'; done; }

kill_backups() {
    whole=0
    began=$(now)
    backup
    took=$(($(now) - began))
    rm -rf "$backups"
    for after in $(points "$took"); do
        killed "$after" backup
        for one in "$backups"/localhost-*; do
            if [ -e "$one/MANIFEST" ]; then
                whole=$((whole + 1))
                "$synlua_program" restore --check --no-rehearsal "$one" >"$work/out" 2>&1 || fail "$(cat "$work/out")"
            elif [ -d "$one" ]; then
                refused 'is no finished backup' restore "$one"
            fi
        done
    done
    backup
    for one in "$backups"/localhost-*; do [ -e "$one/MANIFEST" ] || fail "$one is left"; done
    ok "killed at ten points of $took ms, a backup is whole ($whole times) or none; the next one removes what is left"
}

# kill_restores BACKUP each|last: and then it is restored into what is left, each time or the last one
kill_restores() {
    began=$(now)
    restored 'is restored' "$1"
    took=$(($(now) - began)) early=0 half=0 whole=0
    last=$(points "$took" | tail -n 1)
    for after in $(points "$took"); do
        no_data
        killed "$after" restore "$1"
        if [ -e "$data/.synlua.restoring" ]; then
            half=$((half + 1))
            for verb in check run; do refused 'was interrupted, so a part is missing' "$verb"; done
        elif [ -e "$data/.synlua.database" ]; then
            # The mark is gone, so all of it is there.
            whole=$((whole + 1))
            "$synlua_program" check >"$work/out" 2>&1 || fail "after $after s a part has no mark: $(cat "$work/out")"
            [ -e "$data/homeserver.db" ] || [ -e "$data/postgres" ] || fail "after $after s there is no database"
            refused 'is in use: it holds' restore "$1"
            no_data
        elif [ -e "$data/homeserver.yaml" ]; then
            fail "after $after s a part has no mark"
        else
            early=$((early + 1))
        fi
        [ "$2" = each ] || [ "$after" = "$last" ] || continue
        "$synlua_program" restore "$1" >"$work/out" 2>&1 || fail "again: $(cat "$work/out")"
    done
    ok "killed at ten points of $took ms, a restore has not begun ($early), is known as unfinished ($half) or whole ($whole)"
}
