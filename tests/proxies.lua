-- The examples of docs/reverse-proxy.md as configurations that run: with ports and certificates filled in.

local documents = require "documents"

local proxies = {}

local function block(language)
  local found
  for _, one in ipairs(documents.blocks "docs/reverse-proxy.md") do
    if one.language == language then
      assert(not found, language .. " twice")
      found = one.text
    end
  end
  return assert(found, language)
end

local function replaced(text, from, to)
  local count
  text, count = text:gsub(from:gsub("%p", "%%%0"), function() return to end)
  assert(count > 0, from)
  return text
end

-- Each: what of the example is filled in, and how the program is started.
proxies.KINDS = {
  caddy = {program = "caddy", language = "caddyfile", fill = function(text, place)
    local tls = (" {\n    tls %s/cert.pem %s/key.pem"):format(place.directory, place.directory)
    text = text:gsub("\n?([%w.]*example%.org) {", function(name)
      return ("\nhttps://%s:%d%s"):format(name, place.port, tls)
    end)
    return "{\n    admin off\n    auto_https disable_redirects\n}\n" .. text
  end, command = "env HOME={place} XDG_DATA_HOME={place} caddy run --adapter caddyfile --config {place}/config"},
  nginx = {program = "nginx", language = "nginx", fill = function(text, place)
    text = replaced(text, "/etc/ssl/matrix.example.org.crt", place.directory .. "/cert.pem")
    text = replaced(text, "/etc/ssl/matrix.example.org.key", place.directory .. "/key.pem")
    text = replaced(text, "listen 443 ", ("listen %d "):format(place.port))
    text = replaced(text, "listen [::]:443 ", ("listen [::]:%d "):format(place.port))
    local head = {("pid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"):format(place.directory)}
    for _, name in ipairs {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} do
      head[#head + 1] = ("%s_temp_path %s/%s;\n"):format(name, place.directory, name)
    end
    return table.concat(head) .. text .. "}\n"
  end, command = "nginx -g 'daemon off;' -c {place}/config"},
  apache = {program = "apache2", language = "apache", fill = function(text, place)
    text = replaced(text, "/etc/ssl/matrix.example.org.crt", place.directory .. "/cert.pem")
    text = replaced(text, "/etc/ssl/matrix.example.org.key", place.directory .. "/key.pem")
    text = replaced(text, "*:443", "*:" .. place.port)
    local head = {("ServerRoot %s\nPidFile %s/pid\nErrorLog %s/error.log\nUser www-data\nGroup www-data\n"
      .. "ServerName localhost\nListen %d\nDefaultRuntimeDir %s\nMutex posixsem\n"):format(place.directory,
      place.directory, place.directory, place.port, place.directory)}
    for _, name in ipairs {"mpm_event", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http", "headers"} do
      head[#head + 1] = ("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n"):format(name, name)
    end
    return table.concat(head) .. text
  end, command = "apache2 -DFOREGROUND -f {place}/config"},
  haproxy = {program = "haproxy", language = "haproxy", fill = function(text, place)
    text = replaced(text, "/etc/haproxy/certs", place.directory .. "/certs")
    return replaced(text, "bind :443", ("bind :%d"):format(place.port))
  end, command = "haproxy -db -f {place}/config"},
}

--- A shell command that makes the certificate in a directory, for these names.
---@param directory string
---@param names string[]
---@return string
function proxies.certificate(directory, names)
  local alternatives = {}
  for at, name in ipairs(names) do alternatives[at] = "DNS:" .. name end
  return ("cd %s && mkdir -p certs && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    .. "-subj /CN=%s -addext subjectAltName=%s -keyout key.pem -out cert.pem 2>/dev/null "
    .. "&& cat cert.pem key.pem >certs/all.pem"):format(directory, names[1], table.concat(alternatives, ","))
end

--- The example with everything filled in; it goes to the file `config` of the directory.
---@param kind string
---@param place {directory: string, port: integer, upstream: string}
---@return string
function proxies.config(kind, place)
  local one = proxies.KINDS[kind]
  return (one.fill(replaced(block(one.language), "synlua:8008", place.upstream), place))
end

--- The command that runs it in the foreground.
---@param kind string
---@param directory string
---@return string
function proxies.command(kind, directory) return (proxies.KINDS[kind].command:gsub("{place}", directory)) end

return proxies
