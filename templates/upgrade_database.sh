#!/bin/sh
# Moves the built-in PostgreSQL to a newer major version, as PostgreSQL's user:
#   upgrade_database.sh ACTION DIRECTORY SOCKETS OLD OLD_PROGRAMS NEW NEW_PROGRAMS
# DIRECTORY holds the clusters, each named by its version. ACTION is `dump` (write OLD.dump), `load` (make the cluster NEW
# from it) or `move` (both). Each result gets its name only when it is whole: what an interrupted run left is made anew.
# The old cluster is only read.
set -eu

action=$1 directory=$2 sockets=$3 old=$4 old_programs=$5 new=$6 new_programs=$7
dump=$directory/$old.dump loading=$directory/$new.loading
dump_programs=${new_programs:-$old_programs} # those of the newer version know what it no longer takes
server='' signal=INT job='' teller=''
jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4

say() { printf '%s\n' "$*"; }

finish() {
    status=$?
    trap - EXIT TERM INT
    for pid in $teller $job; do kill "$pid" 2>/dev/null || :; done
    if [ -n "$server" ]; then
        kill "-$signal" "$server" 2>/dev/null || :
        wait "$server" || :
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# In the background, so that a signal is heard at once.
await() {
    "$@" &
    job=$!
    wait "$job"
    job=''
}

kilobytes() { du -sk "$1" 2>/dev/null | cut -f 1; }
megabytes() { echo "$((($1 + 1023) / 1024)) MB"; }

# tell WHAT DIRECTORY ALL COMMAND...: says every ten seconds how large the directory has become
tell() {
    what=$1 of=$2 all=$3
    shift 3
    (
        trap 'kill "$pause"; exit' TERM
        while :; do
            sleep 10 &
            pause=$!
            wait "$pause"
            say "$what: $(megabytes "$(kilobytes "$of")"); the old databases have $(megabytes "$all")"
        done
    ) &
    teller=$!
    await "$@"
    kill "$teller"
    teller=''
}

# serve PROGRAMS CLUSTER OPTION...: nobody but this user can reach it. pg_ctl would give the options to a shell.
serve() {
    program=$1/postgres cluster=$2
    shift 2
    rm -f -- "$cluster/postmaster.pid" # the lock of the data directory is ours, so nobody runs it
    "$program" -D "$cluster" -c listen_addresses= -c hba_file="$sockets/pg_hba.conf" \
        -c unix_socket_directories="$sockets" -c cluster_name= -c logging_collector=off -c log_destination=stderr \
        -c log_line_prefix= -c log_min_messages=fatal -c max_parallel_workers_per_gather=0 \
        -c max_parallel_maintenance_workers=0 "$@" &
    server=$!
    until grep -q '^ready *$' "$cluster/postmaster.pid" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || unserve
        await sleep 0.1
    done
}

# It waits until nobody is connected.
unserve() {
    kill "$server" 2>/dev/null || :
    wait "$server"
    server=''
}

ask() { "$dump_programs/psql" -X -q -At -v ON_ERROR_STOP=1 -c "$1"; }
databases() { ask 'SELECT oid FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname'; }
# By the environment, where no name is taken for an option or an address.
choose() { PGDATABASE=$(PGDATABASE=postgres ask "SELECT datname FROM pg_database WHERE oid = $1"); }

# How many rows each table has.
rows() {
    list=$(databases)
    for oid in $list; do
        choose "$oid"
        "$dump_programs/psql" -X -q -At -v ON_ERROR_STOP=1 <<'SQL'
SELECT format('SELECT %L, count(*) FROM %I.%I', current_database() || ' ' || schemaname || '.' || tablename, schemaname,
  tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
  ORDER BY schemaname COLLATE "C", tablename COLLATE "C" \gexec
SQL
    done
    PGDATABASE=postgres
}

room() {
    free=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$1" ] && return
    say "disk full: $directory has room for $(megabytes "$free"), and $2 may need $(megabytes "$1")"
    exit 1
}

write_dump() {
    rm -rf -- "$dump" "$dump.new"
    serve "$old_programs" "$directory/$old"
    size=$(ask 'SELECT sum(pg_database_size(oid))::bigint / 1024 FROM pg_database')
    if [ "$action" = move ]; then room "$((size * 3 / 2))" 'dump and new cluster'; else room "$((size / 2))" 'the dump'; fi
    mkdir -m 0700 "$dump.new"
    say "dumping PostgreSQL $old: $(megabytes "$size")"
    "$dump_programs/pg_dumpall" --globals-only >"$dump.new/globals.sql"
    list=$(databases)
    for oid in $list; do
        choose "$oid"
        tell "dumping $PGDATABASE" "$dump.new" "$size" "$dump_programs/pg_dump" -Fd -j "$jobs" -f "$dump.new/$oid"
        [ "$PGDATABASE" != postgres ] || touch "$dump.new/$oid.postgres"
    done
    PGDATABASE=postgres
    say 'counting rows'
    rows >"$dump.new/rows"
    unserve
    say "$size" >"$dump.new/kilobytes"
    await sync -f "$dump.new"
    mv -- "$dump.new" "$dump"
    await sync -f "$directory"
    say "dumped: $(megabytes "$(kilobytes "$dump")") in $dump"
}

load_dump() {
    rm -rf -- "$loading"
    read -r size <"$dump/kilobytes"
    room "$size" "PostgreSQL $new"
    say "making a cluster of PostgreSQL $new"
    await "$new_programs/initdb" -D "$loading" -U postgres -A trust --encoding=UTF8 --locale=C --data-checksums \
        --no-instructions >/dev/null
    # Until it is whole, nothing of it counts, so the disk need not have it at each moment.
    signal=QUIT
    serve "$new_programs" "$loading" -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
        -c max_wal_size=4GB -c maintenance_work_mem=256MB -c autovacuum=off
    sed '/^CREATE ROLE postgres;$/d' "$dump/globals.sql" |
        "$new_programs/psql" -X -q -v ON_ERROR_STOP=1 -f - >/dev/null
    for one in "$dump"/*/toc.dat; do
        one=${one%/toc.dat}
        set -- -C
        [ ! -e "$one.postgres" ] || set --
        tell 'loading' "$loading" "$size" "$new_programs/pg_restore" -e -j "$jobs" -d postgres "$@" "$one"
    done
    say 'counting rows'
    rows >"$loading.rows"
    if ! cmp -s "$dump/rows" "$loading.rows"; then
        say "incomplete: PostgreSQL $new does not have the rows of the old one:"
        diff "$dump/rows" "$loading.rows" | head -n 20 || :
        exit 1
    fi
    say "all rows are there: $(awk -F'|' '{ n += $NF } END { print n + 0 "; tables: " NR }' "$loading.rows")"
    rm -f -- "$loading.rows"
    say 'gathering statistics'
    await "$new_programs/vacuumdb" -q --all --analyze-only -j "$jobs"
    unserve
    await "$new_programs/initdb" -D "$loading" --sync-only >/dev/null
    mv -- "$loading" "$directory/$new"
    await sync -f "$directory"
    rm -rf -- "$dump"
}

umask 077
export PGHOST="$sockets" PGUSER=postgres PGDATABASE=postgres
# Of the cluster's own file nothing counts: this user alone, without a password.
printf 'local all all trust\n' >"$sockets/pg_hba.conf"
[ "$action" = load ] || write_dump
[ "$action" = dump ] || load_dump
