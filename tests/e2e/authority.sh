#!/bin/sh
# tests/e2e/authority.sh: a certificate authority in $work, for servers that federate. Read it after lib.sh.
# shellcheck disable=SC2154

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=synlua test CA' \
        -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
}

# certificate ADDRESS: key and certificate, signed by our CA, which nginx's group can read
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" \
        -out "$work/$1.csr" 2>/dev/null
    printf 'subjectAltName=IP:%s' "$1" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
        -extfile "$work/$1.ext" -out "$work/$1.crt" 2>/dev/null
    chmod 640 "$work/$1.key"
    [ "$(id -u)" -ne 0 ] || chgrp www-data "$work/$1.key"
}
