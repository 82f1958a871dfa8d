-- The dashboards: of each panel its title, its unit, and its queries with what a line is called. make.lua turns them
-- into Grafana's JSON. $at stands for the labels by which a dashboard is narrowed down, $span for the time of a rate.

local boards = {}

local NGINX = "synlua_nginx_requests_total"

local function rate(name, labels) return ("rate(%s{%s}[$span])"):format(name, labels) end

-- The time within which a share of the requests lies, by some labels.
local function quantile(share, name, by, labels)
  return ("histogram_quantile(%s, sum by (%s) (rate(%s_bucket{%s}[$span])))"):format(share, "le" .. (by == "" and ""
    or ", " .. by), name, labels)
end

-- Synapse has no series of what has never happened, such as an event for another server. Then the panel shows 0.
local function or_none(query) return query .. " or vector(0)" end

-- The routes with the most answers of a kind; a route without any has 0, so that the panel is never empty.
local function by_route(status)
  return ('topk(20, sum by (route) (rate(%s{$at, status="%s"}[$span])) or 0 * sum by (route) (rate(%s{$at}[$span])))')
    :format(NGINX, status, NGINX)
end

boards[1] = {
  file = "synapse.json", title = "Synapse by worker", uid = "synlua-synapse",
  at = 'server_name=~"$server_name", job=~"$job", index=~"$index"',
  choices = {{"server_name", "synapse_build_info"}, {"job", "synapse_build_info"}, {"index", "synapse_build_info"}},
  rows = {
    {"Processes", {
      {"CPU", "percentunit", {rate("process_cpu_seconds_total", "$at"), "{{job}} {{index}}"}},
      {"Resident memory", "bytes", {"process_resident_memory_bytes{$at}", "{{job}} {{index}}"}},
      {"Turns of the reactor, 99 % within", "s",
        {quantile(0.99, "python_twisted_reactor_tick_time", "job, index", "$at"), "{{job}} {{index}}"}},
      {"Open descriptors", "short", {"process_open_fds{$at}", "{{job}} {{index}}"}},
      {"Processes that answer Prometheus", "short", {"sum by (job) (up{$at})", "{{job}}"}},
      {"Time in garbage collection", "percentunit",
        {"sum by (job, index) (rate(python_gc_time_sum{$at}[$span]))", "{{job}} {{index}}"}},
    }},
    {"Requests", {
      {"Requests by worker", "reqps",
        {"sum by (job, index) (rate(synapse_http_server_requests_received_total{$at}[$span]))", "{{job}} {{index}}"}},
      {"Requests by servlet, the 15 most", "reqps",
        {"topk(15, sum by (servlet) (rate(synapse_http_server_requests_received_total{$at}[$span])))", "{{servlet}}"}},
      {"Answers, 95 % within, by servlet, the 15 slowest", "s", {("topk(15, %s)"):format(quantile(0.95,
        "synapse_http_server_response_time_seconds", "servlet", '$at, servlet!="SyncRestServlet"')), "{{servlet}}"}},
      {"Answers by status", "reqps",
        {"sum by (code) (rate(synapse_http_server_responses_total{$at}[$span]))", "{{code}}"}},
      {"CPU by servlet, the 15 most", "percentunit",
        {"topk(15, sum by (servlet) (rate(synapse_http_server_response_ru_utime_seconds_total{$at}[$span])))",
          "{{servlet}}"}},
      {"Requests in flight", "short",
        {"sum by (job, index) (synapse_http_server_in_flight_requests_count{$at})", "{{job}} {{index}}"}},
    }},
    {"Events", {
      {"Events written", "ops",
        {"sum by (job, index) (rate(synapse_storage_events_persisted_events_total{$at}[$span]))", "{{job}} {{index}}"}},
      {"Events of the other kinds of clients and servers", "ops",
        {"sum by (origin_type, type) (rate(synapse_storage_events_persisted_events_sep_total{$at}[$span]))",
          "{{origin_type}} {{type}}"}},
      {"Lag of processing", "ms", {"synapse_event_processing_lag{$at}", "{{name}} {{index}}"}},
      {"Streams over replication", "ops",
        {"sum by (stream_name) (rate(synapse_replication_tcp_protocol_inbound_rdata_count_total{$at}[$span]))",
          "{{stream_name}}"}},
    }},
    {"Database", {
      {"Waiting for a connection, 95 % within", "s",
        {quantile(0.95, "synapse_storage_schedule_time", "job, index", "$at"), "{{job}} {{index}}"}},
      {"Transactions, the 15 most", "ops",
        {"topk(15, sum by (desc) (rate(synapse_storage_transaction_time_count_total{$at}[$span])))", "{{desc}}"}},
      {"Time in transactions, the 15 most", "percentunit",
        {"topk(15, sum by (desc) (rate(synapse_storage_transaction_time_sum_total{$at}[$span])))", "{{desc}}"}},
      {"Time in transactions by worker", "percentunit",
        {"sum by (job, index) (rate(synapse_storage_transaction_time_sum_total{$at}[$span]))", "{{job}} {{index}}"}},
    }},
    {"Caches", {
      {"Share of hits, the 15 most asked", "percentunit", {
        "sum by (name) (rate(synapse_util_caches_cache_hits{$at}[$span]))"
          .. " / (sum by (name) (rate(synapse_util_caches_cache{$at}[$span]))"
          .. " and topk(15, sum by (name) (rate(synapse_util_caches_cache{$at}[$span]))))", "{{name}}"}},
      {"Entries, the 15 largest", "short",
        {"topk(15, sum by (name) (synapse_util_caches_cache_size{$at}))", "{{name}}"}},
    }},
    {"Other servers, and pushes", {
      {"Events sent and received", "ops",
        {or_none "sum(rate(synapse_federation_client_sent_pdu_destinations_total{$at}[$span]))", "events to send"},
        {or_none "sum(rate(synapse_federation_client_sent_transactions_total{$at}[$span]))", "transactions sent"},
        {or_none "sum(rate(synapse_federation_server_received_pdus_total{$at}[$span]))", "events received"}},
      {"Waiting to be sent", "short",
        {or_none "sum(synapse_federation_transaction_queue_pending_pdus{$at})", "events"},
        {or_none "sum(synapse_federation_transaction_queue_pending_edus{$at})", "others"}},
      {"Waiting to be taken in", "short",
        {or_none "sum(synapse_federation_server_number_inbound_pdu_in_staging{$at})", "events"}},
      {"Push notifications", "ops",
        {or_none "sum(rate(synapse_http_httppusher_http_pushes_processed_total{$at}[$span]))", "sent"},
        {or_none "sum(rate(synapse_http_httppusher_http_pushes_failed_total{$at}[$span]))", "failed"}},
    }},
  },
}

boards[2] = {
  file = "nginx.json", title = "nginx by route", uid = "synlua-nginx", at = 'pool=~"$pool"',
  choices = {{"pool", "synlua_nginx_requests_total"}},
  rows = {
    {"All requests", {
      {"Requests by status", "reqps",
        {"sum by (status) (rate(synlua_nginx_requests_total{$at}[$span]))", "{{status}}"}},
      {"Requests by pool", "reqps", {"sum by (pool) (rate(synlua_nginx_requests_total{$at}[$span]))", "{{pool}}"}},
      {"Share of answers that say a fault of ours (5xx)", "percentunit",
        {('(sum by (pool) (rate(%s{$at, status="5xx"}[$span])) or 0 * sum by (pool) (rate(%s{$at}[$span])))'
          .. " / sum by (pool) (rate(%s{$at}[$span]))"):format(NGINX, NGINX, NGINX), "{{pool}}"}},
      {"Requests by method", "reqps",
        {"sum by (method) (rate(synlua_nginx_requests_total{$at}[$span]))", "{{method}}"}},
    }},
    {"By route", {
      {"Requests, the 20 most", "reqps",
        {"topk(20, sum by (route) (rate(synlua_nginx_requests_total{$at}[$span])))", "{{route}}"}},
      {"Refused (4xx), the 20 most", "reqps",
        {by_route "4xx", "{{route}}"}},
      {"Failed (5xx), the 20 most", "reqps",
        {by_route "5xx", "{{route}}"}},
      {"Clients that left without an answer, the 20 most", "reqps",
        {by_route "none", "{{route}}"}},
    }},
    {"Times by pool", {
      {"Requests, half within", "s", {quantile(0.5, "synlua_nginx_request_seconds", "pool", "$at"), "{{pool}}"}},
      {"Requests, 95 % within", "s", {quantile(0.95, "synlua_nginx_request_seconds", "pool", "$at"), "{{pool}}"}},
      {"Processes behind nginx, 95 % within", "s",
        {quantile(0.95, "synlua_nginx_upstream_seconds", "pool", "$at"), "{{pool}}"}},
      {"Connecting to them, 95 % within", "s",
        {quantile(0.95, "synlua_nginx_connect_seconds", "pool", "$at"), "{{pool}}"}},
    }},
    {"Bytes, and what went wrong", {
      {"Sent", "Bps", {"sum by (pool) (rate(synlua_nginx_sent_bytes_total{$at}[$span]))", "{{pool}}"}},
      {"Received", "Bps", {"sum by (pool) (rate(synlua_nginx_received_bytes_total{$at}[$span]))", "{{pool}}"}},
      {"Asked another process", "ops", {"sum by (pool) (rate(synlua_nginx_retries_total{$at}[$span]))", "{{pool}}"}},
      {"Lines that were not counted", "ops", {"rate(synlua_nginx_lines_lost_total{}[$span])", "lost"},
        {"rate(synlua_nginx_lines_malformed_total{}[$span])", "malformed"}},
    }},
  },
}

boards[3] = {
  file = "synlua.json", title = "synlua's processes", uid = "synlua-processes",
  at = 'instance=~"$instance", service=~"$service"',
  choices = {{"instance", "synlua_build_info"}, {"service", "synlua_service_state"}},
  rows = {
    {"States", {
      {"Services by state", "short", {"sum by (state) (synlua_service_state{$at})", "{{state}}"}},
      {"Ready", "short", {'sum(synlua_service_state{$at, state="ready"})', "ready"},
        {"count(sum by (service) (synlua_service_state{$at}))", "all"}},
      {"Restarts in the last hour", "short", {"increase(synlua_service_restarts_total{$at}[1h])", "{{service}}"}},
      {"Ends by cause, in the last hour", "short",
        {"sum by (service, cause) (increase(synlua_service_exits_total{$at}[1h]))", "{{service}}: {{cause}}"}},
      {"From the start until it was ready", "s", {"synlua_service_start_to_ready_seconds{$at}", "{{service}}"}},
    }},
    {"What they use", {
      {"CPU", "percentunit", {rate("synlua_service_cpu_seconds_total", "$at"), "{{service}}"}},
      {"Memory, shared memory divided among those who share it", "bytes",
        {"synlua_service_proportional_memory_bytes{$at}", "{{service}}"}},
      {"Resident memory", "bytes", {"synlua_service_resident_memory_bytes{$at}", "{{service}}"}},
      {"Open descriptors", "short", {"synlua_service_open_fds{$at}", "{{service}}"}},
      {"Threads", "short", {"synlua_service_threads{$at}", "{{service}}"}},
      {"Processes", "short", {"synlua_service_processes{$at}", "{{service}}"}},
    }},
    {"Their lines", {
      {"Lines", "ops", {rate("synlua_service_log_lines_total", "$at"), "{{service}}"}},
      {"Bytes", "Bps", {rate("synlua_service_log_bytes_total", "$at"), "{{service}}"}},
      {"Lines dropped because the output was blocked", "ops",
        {rate("synlua_service_log_dropped_lines_total", "$at"), "{{service}}"}},
    }},
    {"Jobs", {
      {"Whether the last run succeeded", "short", {'synlua_job_last_status{instance=~"$instance"}', "{{name}}"}},
      {"Since the last success", "s",
        {'time() - synlua_job_last_success_timestamp_seconds{instance=~"$instance"}', "{{name}}"}},
      {"Last run took", "s", {'synlua_job_last_duration_seconds{instance=~"$instance"}', "{{name}}"}},
      {"Runs in the last day", "short",
        {'increase(synlua_job_runs_total{instance=~"$instance"}[1d])', "{{name}}: {{result}}"}},
    }},
    {"synlua itself", {
      {"CPU", "percentunit", {'rate(process_cpu_seconds_total{instance=~"$instance", job="synlua"}[$span])', "synlua"}},
      {"Memory", "bytes", {'synlua_proportional_memory_bytes{instance=~"$instance"}', "proportional"},
        {'process_resident_memory_bytes{instance=~"$instance", job="synlua"}', "resident"}},
      {"Up", "s", {'time() - synlua_start_time_seconds{instance=~"$instance"}', "synlua"}},
    }},
  },
}

boards[4] = {
  file = "databases.json", title = "PostgreSQL and Redis", uid = "synlua-databases", at = 'instance=~"$instance"',
  choices = {{"instance", "pg_up"}},
  rows = {
    {"PostgreSQL", {
      {"Connections", "short", {"sum by (state) (pg_stat_activity_count{$at})", "{{state}}"},
        {"max(pg_settings_max_connections{$at})", "at most"}},
      {"Transactions", "ops",
        {'sum by (datname) (rate(pg_stat_database_xact_commit{$at, datname!~"template.*"}[$span]))', "{{datname}}"},
        {'sum by (datname) (rate(pg_stat_database_xact_rollback{$at, datname!~"template.*"}[$span]))',
          "{{datname}} rolled back"}},
      {"Share of blocks found in memory", "percentunit",
        {"sum by (datname) (rate(pg_stat_database_blks_hit{$at}[$span]))"
          .. " / (sum by (datname) (rate(pg_stat_database_blks_hit{$at}[$span]))"
          .. " + sum by (datname) (rate(pg_stat_database_blks_read{$at}[$span])))", "{{datname}}"}},
      {"Rows", "ops", {"sum(rate(pg_stat_database_tup_fetched{$at}[$span]))", "fetched"},
        {"sum(rate(pg_stat_database_tup_inserted{$at}[$span]))", "inserted"},
        {"sum(rate(pg_stat_database_tup_updated{$at}[$span]))", "updated"},
        {"sum(rate(pg_stat_database_tup_deleted{$at}[$span]))", "deleted"}},
      {"Size", "bytes", {'pg_database_size_bytes{$at, datname!~"template.*"}', "{{datname}}"}},
      {"Longest transaction", "s", {"max by (state) (pg_stat_activity_max_tx_duration{$at})", "{{state}}"}},
      {"Locks", "short", {"sum by (mode) (pg_locks_count{$at})", "{{mode}}"}},
      {"Deadlocks and temporary files", "ops", {"sum(rate(pg_stat_database_deadlocks{$at}[$span]))", "deadlocks"},
        {"sum(rate(pg_stat_database_temp_files{$at}[$span]))", "temporary files"}},
      -- The second of each is since PostgreSQL 17.
      {"Checkpoints", "ops", {rate("pg_stat_bgwriter_checkpoints_timed_total", "$at") .. " or "
        .. rate("pg_stat_checkpointer_num_timed_total", "$at"), "by time"},
        {rate("pg_stat_bgwriter_checkpoints_req_total", "$at") .. " or "
          .. rate("pg_stat_checkpointer_num_requested_total", "$at"), "by size"}},
    }},
    {"Redis", {
      {"Memory", "bytes", {"redis_memory_used_bytes{$at}", "used"}, {"redis_memory_max_bytes{$at}", "at most"}},
      {"Clients", "short", {"redis_connected_clients{$at}", "connected"}, {"redis_blocked_clients{$at}", "blocked"}},
      {"Commands, the 10 most", "ops", {"topk(10, sum by (cmd) (rate(redis_commands_total{$at}[$span])))", "{{cmd}}"}},
      {"Time in commands, the 10 most", "percentunit",
        {"topk(10, sum by (cmd) (rate(redis_commands_duration_seconds_total{$at}[$span])))", "{{cmd}}"}},
      {"Share of hits", "percentunit", {"rate(redis_keyspace_hits_total{$at}[$span])"
        .. " / (rate(redis_keyspace_hits_total{$at}[$span]) + rate(redis_keyspace_misses_total{$at}[$span]))", "hits"}},
      {"Evicted and expired", "ops", {rate("redis_evicted_keys_total", "$at"), "evicted"},
        {rate("redis_expired_keys_total", "$at"), "expired"}},
      {"Network", "Bps", {rate("redis_net_input_bytes_total", "$at"), "received"},
        {rate("redis_net_output_bytes_total", "$at"), "sent"}},
    }},
  },
}

return boards
