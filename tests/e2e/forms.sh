#!/bin/sh
# tests/e2e/forms.sh: volumes as other launchers make them, and plain Synapse on them. Sourced after lib.sh.
# shellcheck disable=SC2154

data=$work/data

synapse() { $as env -C "$directory" HOME="$data" "$SYNLUA_SYNAPSE_PYTHON" -m synapse.app.homeserver "$@"; }

# The options that both images before write, beside what differs between them.
image_form() {
    cat <<YAML
server_name: "localhost"
pid_file: $data/homeserver.pid
web_client: False
soft_file_limit: 0
log_config: "$data/log.config"
listeners:
  - port: $port
    tls: false
    bind_addresses: [$1]
    type: http
    x_forwarded: $2
    resources:
      - names: [client]
        compress: true
      - names: [federation]
        compress: false
database:
  name: "sqlite3"
  args:
    database: "$data/homeserver.db"
event_cache_size: "10K"
rc_messages_per_second: 0.2
rc_message_burst_count: 10.0
federation_rc_window_size: 1000
federation_rc_sleep_limit: 10
media_store_path: "$data/$3"
max_upload_size: "50M"
max_image_pixels: "32M"
dynamic_thumbnails: false
thumbnail_sizes:
  - {width: 32, height: 32, method: crop}
  - {width: 320, height: 240, method: scale}
url_preview_enabled: False
enable_registration: False
registration_shared_secret: "shared secret"
bcrypt_rounds: 12
allow_guest_access: False
enable_group_creation: true
enable_metrics: False
report_stats: False
macaroon_secret_key: "macaroons"
signing_key_path: "$data/localhost.signing.key"
key_refresh_interval: "1d"
trusted_key_servers:
  - server_name: matrix.org
    verify_keys:
      "ed25519:auto": "Noi6WqcDj0QmPxCNQqgezwTlBKrfqehY1u2FyWP9uYw"
password_config:
  enabled: true
YAML
}

log_form() {
    cat <<YAML
version: 1
formatters:
  precise:
    format: '%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s'
handlers:
  console: {class: logging.StreamHandler, formatter: precise}
  file: {class: logging.FileHandler, formatter: precise, filename: $data/admin.log}
root: {level: INFO, handlers: [console, file]}
disable_existing_loggers: false
YAML
}

keys() { synapse "$@" --keys-directory "$data" --generate-keys >"$log" 2>&1 || fail "$form: keys"; }

# Each form sets `directory`, where its launcher started Synapse, and `files`, what Synapse reads.

generate() {
    directory=$data
    synapse --server-name localhost --config-path "$data/homeserver.yaml" --generate-config --report-stats=no \
        --data-directory "$data" --open-private-ports >"$log" 2>&1 || fail generate
    sed -i "s/port: 8008/port: $port/" "$data/homeserver.yaml"
    sed -n 's/^registration_shared_secret: "\(.*\)"/\1/p' "$data/homeserver.yaml" >"$work/secret"
}

migrate_config() {
    directory=/
    image_form "'::'" false media >"$data/homeserver.yaml"
    log_form >"$data/log.config"
    keys -c "$data/homeserver.yaml"
}

realtyem() {
    directory=/
    { image_form "'0.0.0.0'" true media_store; echo 'suppress_key_server_warning: true'; echo 'expire_access_token: False'; } \
        >"$data/homeserver.yaml"
    log_form >"$data/log.config"
    keys -c "$data/homeserver.yaml"
}

debian() {
    directory=$data
    $as mkdir "$data/conf.d"
    image_form "'::1', '127.0.0.1'" true media | grep -v '^server_name\|^report_stats\|^signing_key_path' >"$data/homeserver.yaml"
    echo 'server_name: localhost' >"$data/conf.d/server_name.yaml"
    echo 'report_stats: false' >"$data/conf.d/report_stats.yaml"
    log_form >"$data/log.config"
    files="$data/homeserver.yaml $data/conf.d"
    synapse -c "$data/homeserver.yaml" -c "$data/conf.d" --generate-keys >"$log" 2>&1 || fail 'debian: keys'
}

playbook() {
    directory=/
    image_form "'::'" true media-store | sed "s|localhost.signing.key|server.signing.key|; s/^enable_metrics: .*/enable_metrics: true/" \
        >"$data/homeserver.yaml"
    cat >>"$data/homeserver.yaml" <<YAML
form_secret: "forms"
experimental_features: {}
retention: {enabled: false}
presence: {enabled: true}
encryption_enabled_by_default_for_room_type: "off"
templates: {}
instance_map: {}
stream_writers: {}
redis: {enabled: false}
app_service_config_files: []
YAML
    sed -i "/compress: false/a\\
  - type: metrics\\
    port: $((port + 1))\\
    bind_addresses: ['127.0.0.1']\\
  - type: manhole\\
    port: $((port + 2))\\
    bind_addresses: ['127.0.0.1']" "$data/homeserver.yaml"
    log_form >"$data/log.config"
    keys -c "$data/homeserver.yaml"
}

by_hand() {
    directory=$data
    cat >"$data/homeserver.yaml" <<YAML
server_name: localhost
report_stats: no
listeners:
- {type: http, port: $port, resources: [{names: [client, federation, consent]}], additional_resources: {}}
- {type: http, port: $((port + 3)), bind_addresses: [127.0.0.1], resources: [{names: [federation]}]}
database: {name: sqlite3, args: {database: data.db}}
media_store_path: pictures
registration_shared_secret: shared secret
macaroon_secret_key: &secret macaroons
form_secret: *secret
trusted_key_servers: []
form_secert: typo
user_consent: {version: 1.0, template_dir: $data/consent, require_at_registration: false}
YAML
    mkdir -p "$data/consent/en"
    echo 'consent' | tee "$data/consent/en/1.0.html" >"$data/consent/en/success.html"
    synapse -c "$data/homeserver.yaml" --generate-keys >"$log" 2>&1 || fail 'by hand: keys'
}

plain_up() { curl -sf -o /dev/null "http://127.0.0.1:$port/health" || gone "$plain"; }

plain_begin() {
    : >"$log"
    set --
    for file in $files; do set -- "$@" -c "$file"; done
    $as env -C "$directory" HOME="$data" "$SYNLUA_SYNAPSE_PYTHON" -m synapse.app.homeserver "$@" >"$log" 2>&1 &
    plain=$!
    within "$start_limit" "$form: plain Synapse" plain_up
    ! gone "$plain" || fail "$form: plain Synapse"
}

plain_end() {
    kill -TERM "$plain"
    wait "$plain" || fail "$form: plain Synapse ended with $?"
}

# Content, name, mode, owner of what the admin wrote; the content of keys, whose modes may get stricter.
admins() {
    find "$data" -type f \( -name '*.yaml' -o -name '*.config' -o -name '*.html' \) -printf '%p %m %U:%G ' \
        -exec md5sum {} \; | sort
    find "$data" -name '*.signing.key' -exec md5sum {} \; | sort
}
