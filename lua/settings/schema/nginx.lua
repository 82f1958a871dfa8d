-- How nginx uses processes, connections and memory. settings/nginx_checks.lua compares these values with each other.

local buffers = require "settings.nginx_buffers"

local KB, MB = 1024, 1024 * 1024
local DAY = 86400

return {
  title = "nginx",
  entries = {
    {name = "NGINX_WORKER_PROCESSES", kind = "auto", min = 1, max = 512, default = "auto", acts = "nginx",
      doc = "Processes of nginx. auto: one for each processor that the CPU quota and the affinity leave."},
    {name = "NGINX_WORKER_CONNECTIONS", kind = "integer", min = 64, max = 500000, default = 2048, acts = "nginx",
      doc = "Connections of each nginx process, to clients and to Synapse. A request that waits takes two."},
    {name = "NGINX_GENERAL_PAGE_SIZE_BYTES", kind = "bytes", min = KB, max = MB, default = 4096, acts = "nginx",
      doc = "The page size of which the sizes of buffers below are multiples. Buffers for answers are 32 pages."},
    {name = "NGINX_GZIP_COMP_LEVEL", kind = "integer", min = 0, max = 9, default = 1, acts = "nginx",
      doc = "How hard nginx compresses JSON and text. 0: not at all, except for listeners of homeserver.yaml with "
        .. "compress: true."},
    {name = "NGINX_GZIP_HTTP_VERSION", kind = "word", words = {"1.0", "1.1"}, default = "1.1", acts = "nginx",
      doc = "The lowest version of HTTP of a request whose answer is compressed."},
    {name = "NGINX_GZIP_MIN_LENGTH", kind = "bytes", min = 0, max = 1024 * MB, default = 200, acts = "nginx",
      doc = "Shorter answers are not compressed."},
    {name = "NGINX_MAP_HASH_MAX_SIZE", kind = "integer", min = 512, max = 1048576, default = 4096, acts = "nginx",
      doc = "The largest size of the tables in which nginx looks up where a request goes."},
    {name = "NGINX_CLIENT_KEEPALIVE_ENABLE", kind = "boolean", default = true, acts = "nginx",
      doc = "Keep connections of clients open after an answer."},
    {name = "NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS", kind = "seconds", min = 0, max = DAY, default = 60,
      acts = "nginx", doc = "How long an idle connection of a client stays open. 0 is the same as "
        .. "NGINX_CLIENT_KEEPALIVE_ENABLE=no."},
    {name = "NGINX_UPSTREAM_KEEPALIVE_ENABLE", kind = "boolean", default = true, acts = "nginx",
      doc = "Keep connections to Synapse's processes open after an answer."},
    {name = "NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS", kind = "seconds", min = 1, max = DAY, default = 30,
      acts = "nginx", doc = "How long an idle connection to Synapse stays open. Synapse closes it after 60 s, so nginx "
        .. "never waits longer than 50 s."},
    {name = "NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER", kind = "integer", min = 1, max = 1000, default = 1,
      acts = "nginx", aliases = {"NGINX_KEEPALIVE_CONNECTION_MULTIPLIER"},
      doc = "Multiplies the number of idle connections that nginx keeps to each pool: 16, and 16 for each process."},
    {name = "NGINX_UPSTREAM_SERVER_MAX_FAILS", kind = "integer", min = 0, max = 1000000, default = 0, acts = "nginx",
      doc = "After so many failures a worker is left out for NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT. 0: never, so a worker "
        .. "that came back is used at once."},
    {name = "NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT", kind = "seconds", min = 1, max = DAY, default = 10, acts = "nginx",
      doc = "The time in which failures are counted, and for which the worker is left out."},
    {name = "NGINX_PROXY_BUFFERING", kind = "boolean", default = true, acts = "nginx",
      doc = "Take an answer from Synapse as fast as it comes, also for a slow client."},
    {name = "NGINX_PROXY_REQUEST_BUFFERING", kind = "boolean", default = true, acts = "nginx",
      doc = "Wait for the whole body of a request before Synapse gets it. no: a slow client keeps Synapse waiting, and "
        .. "a request with a body has no second try. Uploads are never buffered."},
    {name = "NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER", kind = "integer", min = 1, max = 1024, default = 1,
      acts = "nginx", doc = "Without NGINX_PROXY_BUFFERING, buffers for answers are of so many pages."},
    {name = "NGINX_PROXY_BUFFER_SIZE_BYTES", kind = "bytes", min = KB, max = buffers.LARGEST, default = buffers.page,
      default_text = "one page", acts = "nginx",
      doc = "The buffer for the first part of an answer, in which its head must fit. Without NGINX_PROXY_BUFFERING its "
        .. "default is multiplied by NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER."},
    {name = "NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES", kind = "bytes", min = KB, max = 1024 * MB,
      default = buffers.busy, default_text = "two buffers", acts = "nginx",
      doc = "How much of an answer may be on its way to the client while the rest is still read."},
    {name = "NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES", kind = "bytes", min = KB, max = 1024 * MB,
      default = buffers.twice_the_largest, default_text = "two buffers", acts = "nginx",
      doc = "How much of an answer that does not fit into the buffers is written to a file at once."},
    {name = "NGINX_CLIENT_BODY_BUFFER_SIZE_BYTES", kind = "bytes", min = KB, max = 64 * MB, acts = "nginx",
      default = function(settings) return 32 * settings.NGINX_GENERAL_PAGE_SIZE_BYTES end, default_text = "32 pages",
      doc = "The body of a request up to this size stays in memory. Each connection may take so much."},
    {name = "NGINX_PROXY_READ_TIMEOUT", kind = "seconds", min = 1, max = DAY, default = 600, acts = "nginx",
      doc = "How long Synapse may be silent in the middle of a request. A join of a large room takes minutes."},
  },
}
