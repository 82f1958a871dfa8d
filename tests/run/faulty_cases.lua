-- Faulty files of a user directory, and what synlua says of each. {file} in `says` stands for the path of the file.

local LOOP = "while true do end"
local PATTERN = '("a"):rep(200):find(("a-"):rep(40) .. "b")'
local BOMB = "local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end"
local NO_END = "runs for more than 2 s: it was ended"
local NOT_OPEN = "is not open to a file of the user directory"
local NO_RETURN = "does not return from a function of Lua's libraries: it was ended"
local MEMORY = "needs more than 256 MB of memory: it was ended"
local YIELDS = "yields, and nothing would go on with it"

local service, worker, hooks = "services/bridge.lua", "workers/mine.lua", "init.lua"

local function simple(fields) return ('return {\n  api = 2, argv = {"/bin/true"},\n  %s\n}\n'):format(fields) end

local function of_worker(fields)
  return ('return {\n  api = 2, doc = "Mine.", resources = {"client"}, endpoints = {},\n  %s\n}\n'):format(fields)
end

local function planned(body)
  return ("return {\n  api = 2,\n  plan = function(view)\n    %s\n  end,\n}\n"):format(body)
end

local function part(fields)
  return planned(('return {process = {argv = {"/bin/true"}}, ready = "started", %s}'):format(fields))
end

local MINE = {SYNAPSE_WORKER_TYPES = "mine:2"}

local UNSAFE = "{file}: a service's user owns it or could write it, and synlua would run it as root"

---@type {[1]: string, [2]: string, [3]: string, says: string, variables?: table, slow?: boolean, fine?: boolean,
--- bytes?: integer at most so many are printed;
--- change?: string a command that changes it; of_root?: boolean only root is told}[]
return {
  -- Who owns it. As root, nothing of such a file may run.
  {"a service's user as its owner", service, "print 'it ran'", change = "chown 991 {file}", of_root = true,
    says = UNSAFE},
  {"a mode that lets others write", worker, "print 'it ran'", change = "chmod 666 {file}", of_root = true,
    says = UNSAFE},
  {"an owner of its directory", hooks, "print 'it ran'", change = "chown 991 $(dirname {file})", of_root = true,
    says = "a service's user owns it or could write it"},
  -- The file itself.
  {"a syntax error", service, "return {\n  api = = 2,\n}", says = "{file}:2: unexpected symbol near '='"},
  {"an end that is missing", worker, "return {\n  api = 2\n", says = "{file}:3: '}' expected"},
  {"binary text", service, "\27Lua", says = "{file}:1: attempt to load a binary chunk"},
  {"nothing", worker, "", says = "{file}:1: must return the table of a worker type, but returns nothing"},
  {"a number", service, "return 5", says = "{file}:1: must return the table of a service, but returns 5"},
  {"a function", hooks, "return print", says = "{file}:1: must return the table of a hooks, but returns a function"},
  {"a table within itself", service, "local t = {api = 2}\nt.t = t\nreturn t",
    says = "{file}:3: returns a table that is nested too deeply, or contains itself"},
  {"no version", service, "return {\n  argv = {'/bin/true'},\n}", says = "{file}:1: api: is missing"},
  {"an old version", service, "return {\n  api = 1, plan = function() end,\n}",
    says = "{file}:2: api: = 1 is of an earlier synlua"},
  {"an unknown version", worker, "return {api = 7}", says = "{file}:1: api: must be 2, but is 7"},
  -- Errors of the file when it is loaded.
  {"an error", service, "\nerror 'no'", says = "{file}:2: no\n"},
  {"an error without a place", service, "\n\nerror('no', 0)", says = "{file}:3: no\n"},
  {"an error that is a table", hooks, "\nerror {}", says = "{file}:2: an error that is a table\n"},
  {"a field of nil", worker, "local x\nreturn x.y", says = "{file}:2: attempt to index a nil value (local 'x')"},
  {"a loop", service, "\n" .. LOOP, says = "{file}:2: " .. NO_END, slow = true},
  {"a loop that catches every error", service, "while true do pcall(function() " .. LOOP .. " end) end",
    says = "{file}:1: " .. NO_END, slow = true},
  {"a loop in a coroutine", worker, "local co = coroutine.wrap(function() " .. LOOP .. " end)\nco()",
    says = "{file}:2: " .. NO_END, slow = true},
  {"a loop in string.find", service, "return {\n  api = " .. PATTERN .. "}",
    says = "{file}:1: " .. NO_RETURN, slow = true},
  {"a loop in string.gsub", worker, '("a"):rep(200):gsub(("a-"):rep(40) .. "b", "")', says = NO_RETURN, slow = true},
  {"an endless recursion", service, "local function f() return 1 + f() end\nf()", says = "{file}:1: stack overflow"},
  {"a memory bomb", service, BOMB, says = "{file}:1: " .. MEMORY, slow = true},
  {"one large text", worker, "local s = ('x'):rep(300 << 20)\nreturn s", says = "{file}:1: " .. MEMORY},
  {"more text than a number can count", hooks, "('x'):rep(1 << 62)", says = "{file}:1: "},
  {"a yield", service, "coroutine.yield()", says = "{file}:1: " .. YIELDS},
  -- What is not open.
  {"os.exit", service, "\nos.exit(0)", says = "{file}:2: os.exit " .. NOT_OPEN},
  {"os.execute", worker, "os.execute 'true'", says = "{file}:1: os.execute " .. NOT_OPEN},
  {"os.getenv", hooks, "os.getenv 'PATH'", says = "{file}:1: os.getenv " .. NOT_OPEN},
  {"io", service, "io.stdout:close()", says = "{file}:1: io " .. NOT_OPEN},
  {"debug", service, "debug.sethook()", says = "{file}:1: debug " .. NOT_OPEN},
  {"package", service, "package.loaded = nil", says = "{file}:1: package " .. NOT_OPEN},
  {"collectgarbage", service, "collectgarbage 'stop'", says = "{file}:1: collectgarbage " .. NOT_OPEN},
  {"a module of the core", service, "require 'core.process'", says = '{file}:1: require "core.process" ' .. NOT_OPEN},
  {"a module that touches the world", service, "require 'input.guard'", says = '{file}:1: require "input.guard" '},
  {"a module that there is not", service, "require 'socket'", says = '{file}:1: require "socket" ' .. NOT_OPEN},
  {"a shipped service that there is not", service, "require 'shipped.services.ngnix'",
    says = "{file}:1: nothing shipped is called services.ngnix"},
  {"a change of a module", service, "require('lib.text').shown = print",
    says = "{file}:1: a module of synlua is read-only"},
  {"a finalizer", service, "setmetatable({}, {__gc = print})", says = "{file}:1: a finalizer (__gc) " .. NOT_OPEN},
  {"the metatable of texts", service, "getmetatable('').__index = nil",
    says = "{file}:1: attempt to index a nil value"},
  -- Fields.
  {"a misspelt field", service, simple "redy = 'notify',", says = "{file}:3: redy: is not known; did you mean ready?"},
  {"an unknown field", worker, of_worker "colour = 1,", says = "{file}:3: colour: is not known\n"},
  {"an unknown hook", hooks, "return {\n  api = 2,\n  setings = print,\n}",
    says = "{file}:3: setings: is not known; did you mean settings?"},
  {"a missing field", worker, "return {api = 2, resources = {}, endpoints = {}}", says = "{file}:1: doc: is missing"},
  {"no argv", service, "return {\n  api = 2, ready = 'started'}", says = "{file}:1: argv: is missing: a service needs"},
  {"a program without its path", service, "return {api = 2,\n  argv = {'python3'}}",
    says = "{file}:2: argv: must begin with the absolute path of a program, but begins with \"python3\""},
  {"an empty argv", service, "return {api = 2, argv = {}}", says = "{file}:1: argv: is empty"},
  {"argv that is text", service, "return {api = 2, argv = '/bin/true'}", says = "argv: must be a list of texts"},
  {"a wrong item of argv", service, "return {api = 2, argv = {'/bin/true',\n  {}}}",
    says = "{file}:2: argv[2]: must be text, but is a table"},
  {"a gap in a list", service, "return {api = 2, argv = {'/bin/true', [3] = 'x'}}",
    says = "{file}:1: argv[3]: must not be"},
  {"an unknown readiness", service, simple "ready = 'notfy',",
    says = '{file}:3: ready: must be one of "notify", "started", "exit", but is "notfy"; did you mean "notify"?'},
  {"a readiness that is none", service, simple "ready = 'xyz',",
    says = '{file}:3: ready: must be one of "notify", "started", "exit" or a table {http, tcp, socket}, but is "xyz"\n'
      .. "      When it is ready"},
  {"a number in argv", service, "return {api = 2, argv = {'/bin/sleep',\n  5}}",
    says = "{file}:2: argv[2]: must be text, but is 5\n      write tostring(...) around it"},
  {"a misspelt variable in view.settings", service,
    "return {api = 2,\n  argv = function(v) return {v.settings.SYNAPSE_SERVERNAME} end}",
    says = '{file}:2: argv: settings has no field "SYNAPSE_SERVERNAME"; did you mean "SYNAPSE_SERVER_NAME"?\n'
      .. "      `synlua env` lists the variables"},
  {"a misspelt path", service, "return {api = 2,\n  argv = function(v) return {v.paths.oown} end}",
    says = '{file}:2: argv: view.paths has no field "oown"; did you mean "own"?'},
  {"a misspelt question", service, simple "ready = {\n    htpp = 'x'},",
    says = "{file}:4: ready.htpp: is not known; did you mean http?"},
  {"a name in place of an address", service, simple "ready = {http = 'http://localhost:80/'},",
    says = "{file}:3: ready.http: must have an IP address in place of a name"},
  {"no port", service, simple "ready = {tcp = 0},", says = "{file}:3: ready.tcp: must be a port of 127.0.0.1"},
  {"a socket that is too long", service, simple("alive = {socket = '/" .. ("x"):rep(120) .. "'},"),
    says = "{file}:3: alive.socket: is longer than the 107 bytes"},
  {"an unknown policy", service, simple "on_failure = 'ignore',", says = "{file}:3: on_failure: must be one of"},
  {"a path that leads out", service, simple "directories = {'../x'},",
    says = "{file}:3: directories[1]: must be a relative path without . and .."},
  {"a mode that is none", service, simple "files = {{path = 'x', text = '', mode = '999'}},",
    says = "{file}:3: files[1].mode: must be a mode"},
  {"an environment that is a list", service, simple "environment = {'A=b'},", says = "{file}:3: environment"},
  {"too short a limit", service, simple "limits = {tries = 0},",
    says = "{file}:3: limits.tries: must be a whole number"},
  {"needs beside plan", service, "return {\n  api = 2, plan = function() end,\n  needs = {},\n}",
    says = "{file}:3: needs: has no effect beside plan"},
  {"a field beside extends", "services/nginx.lua", "return {api = 2, extends = print,\n  argv = {}}",
    says = "{file}:2: argv: has no effect beside extends"},
  {"an unknown resource", worker, "return {api = 2, doc = 'x', endpoints = {},\n  resources = {'clients'}}",
    says = '{file}:2: resources[1]: must be one of "client", "federation", "media", "replication", but is "clients"'},
  {"an unknown method", worker, "return {api = 2, doc = 'x', resources = {}, endpoints = {\n"
    .. "  {path = '/x', methods = {'FETCH'}}}}", says = "{file}:2: endpoints[1].methods[1]: must be one of"},
  {"a path that is none", worker, "return {api = 2, doc = 'x', resources = {'client'}, endpoints = {\n"
    .. "  {path = '/x/{', methods = {'GET'}}}}", variables = MINE, says = "{file}:2: /x/{ is no path template"},
  {"several faults at once", worker, "return {api = 2, doc = 5,\n  resources = {}, endpoint = {}}",
    says = "endpoint: is not known; did you mean endpoints?\0endpoints: is missing\0doc: must be text, but is 5"},
  {"a wrong variable beside it", service, "return {api = 2}", variables = {SYNAPSE_HTTP_PORT = "x"},
    says = "2 problems:\0{file}:1: argv: is missing\0SYNAPSE_HTTP_PORT: must be a port number"},
  -- Extending.
  {"a shipped service that is not there", service, "return {api = 2, extends = print}",
    says = "{file}:1: extends: there is no shipped service bridge to extend"},
  {"extends that returns nothing", "services/nginx.lua", "return {api = 2,\n  extends = function() end}",
    says = "{file}:2: extends: returns nothing"},
  {"extends that raises", "workers/typing.lua", "return {api = 2, extends = function(shipped)\n  shipped.x.y = 1\nend}",
    says = "{file}:2: extends: attempt to index a nil value (field 'x')"},
  {"extends that loops", "services/nginx.lua", "return {api = 2, extends = function()\n  " .. LOOP .. "\nend}",
    says = "{file}:2: extends: " .. NO_END, slow = true},
  {"extends that leaves an unknown field", "workers/typing.lua",
    "return {api = 2, extends = function(shipped)\n  shipped.maximum = 2\n  return shipped\nend}",
    says = "{file}:2: maximum: is not known"},
  {"a version of what is not shipped", service, simple "replaces = 'x',",
    says = "{file}:3: replaces: there is no shipped"},
  -- Functions of a service.
  {"an unknown name in the view", service, "return {api = 2,\n  argv = function(view) return {view.seting} end}",
    says = '{file}:2: argv: the view has no field "seting"; did you mean "settings"?'},
  {"an unknown variable", service, "return {api = 2,\n  argv = function(view) return {view.settings.NO} end}",
    says = '{file}:2: argv: settings has no field "NO"'},
  {"a change of the view", service, "return {api = 2, argv = function(view)\n  view.settings.UID = 0\nend}",
    says = '{file}:2: argv: settings is read-only (field "UID")'},
  {"a computed field of a wrong type", service, "return {api = 2,\n  argv = function() return 5 end}",
    says = "{file}:2: argv: must be a list of texts, but is 5"},
  {"an argv that is nothing", service, "return {api = 2,\n  argv = function() end}",
    says = "{file}:2: argv: returns nothing"},
  {"a computed field that raises", service, "return {api = 2, argv = {'/bin/true'},\n"
    .. "  environment = function() error 'no' end}", says = "{file}:2: environment: no\n"},
  {"a computed field that yields", service, "return {api = 2,\n  argv = function() coroutine.yield() end}",
    says = "{file}:2: argv: " .. YIELDS},
  {"a computed field that fills memory", service, "return {api = 2, argv = function()\n  " .. BOMB .. "\nend}",
    says = "{file}:2: argv: " .. MEMORY, slow = true},
  {"files that raise", service, "return {api = 2, argv = {'/bin/true'}, files = function()\n  error 'no'\nend}",
    says = "{file}:2: files: no\n"},
  {"a template that there is not", service, "return {api = 2, argv = {'/bin/true'}, templates = {\n"
    .. "  {path = 'x', template = 'none.conf', format = 'yaml', values = {}}}}",
    says = "{file}:2: templates[1].template: there is no template none.conf"},
  {"plan that raises", service, planned "error 'no'", says = "{file}:4: plan: no\n"},
  {"plan that loops", service, planned(LOOP), says = "{file}:4: plan: " .. NO_END, slow = true},
  {"plan that exits", service, planned "os.exit(3)", says = "{file}:4: plan: os.exit " .. NOT_OPEN},
  {"plan that yields", service, planned "coroutine.yield()", says = "{file}:3: plan: " .. YIELDS},
  {"plan that returns a number", service, planned "return 5",
    says = "{file}:3: plan: must return a table with process"},
  {"plan without a process", service, planned "return {ready = 'started'}", says = "process: is missing"},
  {"plan with a misspelt field", service, part "need = {'synapse'}",
    says = "{file}:4: need: is not known; did you mean needs?"},
  {"plan with an unknown probe", service, planned("return {process = {argv = {'/bin/true'}},\n      "
    .. "ready = {probe = {kind = 'gopher'}}}"), says = '{file}:5: ready.probe.kind: must be one of "http", "connect"'},
  {"files of plan that are none", service, "return {api = 2, plan = function() end, files = function()\n"
    .. "  return {{path = 'x'}}\nend}", says = "{file}:2: files[1].base: is missing"},
  {"files of plan that lead out", service, "return {api = 2, plan = function() end, files = function() return {\n"
    .. "  {base = '/run', path = '../x', bytes = '', mode = 0, uid = 0, gid = 0}} end}",
    says = "{file}:2: files[1].path: must be a relative path without .."},
  {"a pattern that may take for ever", service, part "causes = {{match = 'a-a-a-b', cause = 'x'}}",
    says = "{file}:4: causes[1].match: is a pattern with more than two of * + -"},
  {"a pattern that is none", service, part "phases = {{match = '[a', phase = 'x'}}",
    says = "{file}:4: phases[1].match: is no pattern of Lua"},
  {"a pattern with a capture", service, part "phases = {{match = '(', phase = 'x'}}",
    says = "{file}:4: phases[1].match: is a pattern with a capture"},
  {"an unknown signal", service, planned("return {process = {argv = {'/x'}, stop_signal = 'STOP'},\n      "
    .. "ready = 'started'}"), says = '{file}:4: process.stop_signal: must be one of "TERM"'},
  {"a user without a group", service, planned("return {process = {argv = {'/x'}, uid = 5},\n      "
    .. "ready = 'started'}"), says = "{file}:4: process.uid: is a number without a gid"},
  {"a directory without an owner", service, part "directories = {{base = '/run', path = 'x', mode = 448}}",
    says = "{file}:4: directories[1].uid: is missing"},
  {"a process without a name", service, planned "return {{process = {argv = {'/x'}}, ready = 'started'}}",
    says = "{file}:3: plan: names a process by a number"},
  {"a problem that says nothing", service, planned "return nil, 5",
    says = "{file}:3: plan: returns nil and a problem that has no where and what"},
  {"an account that there is not", service, simple "user = 'nobody-here',",
    says = '{file}:3: user: names a user "nobody-here", whom this machine has not'},
  {"an unknown service in needs", service, simple "needs = {'synaps'},",
    says = "{file}:3: waits for unknown service synaps; did you mean synapse?"},
  {"an unknown service in before", service, simple "before = {'synaps'},",
    says = "{file}:3: starts before unknown service synaps; did you mean synapse?"},
  {"services that wait for each other", service, simple "needs = {'synapse'}, before = {'synapse'},",
    says = "{file}:3: waits for itself: bridge -> synapse -> bridge"},
  -- Functions of a worker type.
  {"shared that raises", worker, of_worker "shared = function() error 'no' end,", variables = MINE,
    says = "{file}:3: shared: no\n"},
  {"shared that returns text", worker, of_worker "shared = function() return 'x' end,", variables = MINE,
    says = "{file}:3: shared: must be a table of names"},
  {"shared that returns a function", worker, of_worker "shared = function() return {a = print} end,", variables = MINE,
    says = "{file}:3: shared: must be text in UTF-8, numbers"},
  {"shared that loops", worker, of_worker("shared = function() " .. LOOP .. " end,"), variables = MINE,
    says = "{file}:3: shared: " .. NO_END, slow = true},
  {"shared that returns a list", worker, of_worker "shared = function() return {1} end,", variables = MINE,
    says = "{file}:3: shared: must be a table of names"},
  {"shared that is no UTF-8", worker, of_worker "shared = function() return {a = '\\xff'} end,", variables = MINE,
    says = "{file}:3: shared: must be text in UTF-8"},
  {"own that mixes a list and names", worker, of_worker "own = function() return {a = {1, x = 2}} end,",
    variables = MINE, says = "{file}:3: own: must be text in UTF-8, numbers, true or false, lists"},
  {"own that raises", worker, of_worker "own = function() error 'no' end,", variables = MINE,
    says = "{file}:3: own: no\n"},
  {"own that exits", worker, of_worker "own = function() os.exit(0) end,", variables = MINE,
    says = "{file}:3: own: os.exit " .. NOT_OPEN},
  -- Options of a worker type that have no effect.
  {"an unknown option in shared", worker, of_worker "shared = function() return {max_uplaod_size = 1} end,",
    variables = MINE, fine = true, says = "{file}:3: shared: max_uplaod_size is no option of Synapse, which ignores "
    .. "it; did you mean max_upload_size?"},
  {"an unknown option in own", worker, of_worker "own = function() return {\n    nothing_like_it = 1} end,",
    variables = MINE, fine = true, says = "{file}:4: own: nothing_like_it is no option of Synapse, which ignores it"},
  {"an unknown option while nothing uses it", worker, of_worker "shared = function() return {use_presense = 1} end,",
    fine = true, says = "{file}:3: shared: use_presense is no option of Synapse, which ignores it; did you mean "
    .. "use_presence?"},
  {"an unknown option by extends", "workers/typing.lua", "return {api = 2, extends = function(shipped)\n"
    .. "  shipped.shared = function() return {use_presense = 1} end\n  return shipped\nend}", fine = true,
    says = "{file}:2: shared: use_presense is no option of Synapse"},
  {"a shared that needs two names, while nothing uses it", worker,
    of_worker "shared = function(names) return {pusher_instances = {names[2]:upper()}} end,", fine = true, says = ""},
  {"an option in shared that synlua owns", worker, of_worker "shared = function() return {listeners = {5}} end,",
    variables = MINE, fine = true, says = "{file}:3: shared: listeners has no effect: synlua sets it"},
  {"an option in shared that another type sets", worker,
    of_worker "shared = function() return {media_instance_running_background_jobs = 'x'} end,",
    variables = {SYNAPSE_WORKER_TYPES = "mine:2, media_repository"}, fine = true,
    says = "{file}:3: shared: media_instance_running_background_jobs has no effect: "},
  -- Variables of a service.
  {"a variable of ours", service, simple "settings = {{name = 'SYNAPSE_SERVER_NAME', kind = 'string', doc = 'x'}},",
    says = "{file}:3: settings[1].name: SYNAPSE_SERVER_NAME is a variable of synlua already"},
  {"a variable of an unknown kind", service, simple "settings = {{name = 'A_B', kind = 'prot', doc = 'x'}},",
    says = '{file}:3: settings[1].kind: must be one of "boolean", "duration", "host"'},
  {"a name that no variable has", service, simple "settings = {{name = 'port', kind = 'port', doc = 'x'}},",
    says = "{file}:3: settings[1].name: must be a name of capitals with an underscore"},
  {"a default that is no port", service, simple "settings = {{name = 'A_B', kind = 'port', doc = 'x', default = 0}},",
    says = "{file}:3: settings[1].default: must be a port number"},
  {"a variable that is missing", service,
    simple "settings = {{name = 'A_B', kind = 'port', required = true, doc = ''}},",
    says = "A_B: is required by services/bridge.lua"},
  {"a misspelt variable", service, simple "settings = {{name = 'MINE_PORT', kind = 'port', doc = 'x'}},",
    variables = {MINE_PROT = "1"}, says = "MINE_PROT: is not known; did you mean MINE_PORT?"},
  {"a wrong value", service, simple "settings = {{name = 'MINE_PORT', kind = 'port', doc = 'x'}},",
    variables = {MINE_PORT = "x"}, says = "MINE_PORT: must be a port number"},
  -- Tables that do something when they are read, or are too much to read.
  {"a table that is reached in very many ways", service, "local t = {} for i = 1, 50 do t = {t, t} end\nreturn t",
    says = "{file}:2: returns a table that has more than 200000 entries"},
  {"a very long list", service, "local t = {} for i = 1, 1000000 do t[i] = '' end\nreturn {api = 2, argv = t}",
    says = "{file}:2: returns a table that has more than 200000 entries"},
  {"very many faults", service, "local t = {api = 2} for i = 1, 60000 do t['x' .. i] = 1 end\nreturn t",
    says = "51 problems:\0{file}:2: x1: is not known\0{file}:2: has more faults than these"},
  {"a very long name", service, "return {api = 2, argv = {'/bin/true'}, [('x'):rep(20 << 20)] = 1}",
    says = "{file}:1: " .. ("x"):rep(60) .. "...: is not known"},
  {"a name that loops", service, "return {api = 2, [setmetatable({}, {"
    .. "__tostring = function() " .. LOOP .. " end})] = 1}",
    says = "{file}:1: returns a table that has a field whose name is a table"},
  {"a text that looks like a deep table", service, 'local s = "\\z\n' .. ("{"):rep(400000) .. '"\n'
    .. "return {api = 2, argv = 5}",
    says = "{file}:3: argv: must be a list of texts"},
  {"a result of `settings` that loops", hooks, "return {api = 2, settings = function()\n  return setmetatable({}, "
    .. "{__pairs = function() " .. LOOP .. " end})\nend}", says = "settings: changes SYNAPSE_DATA_DIR"},
  {"a result of `settings` that raises", hooks, "return {api = 2, settings = function(all)\n  return setmetatable({"
    .. "x = 1}, {__index = function() error 'no' end})\nend}",
    says = "{file}:1: settings: returns x, which is no variable"},
  {"a name in `settings` that raises", hooks, "return {api = 2, settings = function(all)\n  all[setmetatable({}, "
    .. "{__tostring = error})] = 1\n  return all\nend}", says = "{file}:1: settings: returns a table that has a field"},
  {"an item of `files` that raises", hooks, "return {api = 2, files = function(all)\n  all[1] = setmetatable({}, "
    .. "{__index = error})\n  return all\nend}", says = "{file}:1: files: has a path nil"},
  {"a result of `plan` that raises", hooks, "return {api = 2, plan = function(all)\n  return setmetatable({}, "
    .. "{__index = error})\nend}", says = "{file}:1: plan: must return the plan or nil"},
  -- On a slow machine its time ends first.
  {"a million keys in shared", worker,
    of_worker "shared = function() local t = {} for i = 1, 1000000 do t['k' .. i] = 1 end return t end,",
    variables = MINE, says = "{file}:3: shared: r"},
  {"very many unknown keys in shared", worker,
    of_worker "shared = function() local t = {} for i = 1, 150000 do t['k' .. i] = 1 end return t end,",
    variables = MINE, fine = true, says = "shared: has 149980 more options that Synapse does not know", bytes = 20000},
  {"print without end", service, "while true do print(('x'):rep(1000)) end", says = "{file}:1: " .. NO_END
    .. "\0services/bridge.lua: prints more than 64 KiB: the rest is left out", bytes = 100000, slow = true},
  {"print without end of a plan", service, planned "while true do print 'again' end",
    says = "{file}:4: plan: " .. NO_END, bytes = 1000000, slow = true},
  {"a print of very much", service, "print(('x'):rep(10 << 20)) return {}", says = "{file}:1: api: is missing"
    .. "\0: the rest is left out", bytes = 100000},
  -- Templates and pieces that are no text, and what is no file at all.
  {"a zero byte", "templates/nginx.conf", "http {\n  # \0\n}\n", says = "{file}:2: has a zero byte"},
  {"bytes that are no UTF-8", "templates/nginx.conf", "http {\n  # \xff\n}\n",
    says = "{file}:2: has bytes that are no UTF-8"},
  {"bytes that are no UTF-8 in a piece", "templates/nginx.conf.d/server/x.conf", "# \xc3\n",
    says = "{file}:1: has bytes that are no UTF-8"},
  {"200 MB", "templates/nginx.conf", "", change = "truncate -s 200M {file}", says = "{file}: is larger than 1 MB"},
  {"200 MB of Lua", service, "", change = "truncate -s 200M {file}", says = "{file}: is larger than 1 MB"},
  {"a symbolic link in its place", "templates/nginx.conf", "", change = "ln -sf /etc/passwd {file}",
    says = "{file}: is a symbolic link, and not a file"},
  {"a symbolic link in its place", service, "", change = "mv {file} {file}.x && ln -s {file}.x {file}",
    says = "{file}: is a symbolic link, and not a file"},
  {"a FIFO in its place", service, "", change = "rm {file} && mkfifo {file}", says = "{file}: is no file"},
  {"a directory in its place", hooks, "", change = "rm {file} && mkdir {file}",
    says = "{file}: is a directory, and not a file"},
  {"a device in its place", service, "", change = "rm {file} && mknod {file} c 1 5", of_root = true,
    says = "{file}: is no file"},
  -- Ways to synlua's own tables.
  {"the metatable of texts, after an attempt to set it", service, "pcall(setmetatable, '', {})\n"
    .. "getmetatable('').__index.format = print", says = "{file}:2: attempt to index a nil value"},
  {"a change of what pairs gives for a module", service, "local _, "
    .. "real = pairs(require 'lib.text')\nreal.shown = print",
    says = "{file}:2: a module of synlua is read-only"},
  {"a change of the schema that checks it", service, "local schema = require 'contract'.schema 'service'\n"
    .. "for at in ipairs(schema.fields) do schema.fields[at] = {name = 'EVIL', kind = 'any'} end\nreturn {api = 2}",
    says = "{file}:3: argv: is missing"},
  {"a change of the tools that make files", service, "return {api = 2, argv = {'/bin/true'}, files = function(_, "
    .. "make)\n  make.template = error\n  return 5\nend}", says = "1 problem:\0{file}:1: files: must be a list"},
  -- Users. What no user can be must not become root.
  {"a user that is too large a number", service, simple "user = '99999999999999999999:5',", of_root = true,
    says = '{file}:3: user: names a user "99999999999999999999:5", but no id is above 4294967294'},
  {"a user whose low bits are root's", service, simple "user = '4294967296:4294967296',", of_root = true,
    says = "{file}:3: user: names a user"},
  {"a user that would change nothing", service, simple "user = '4294967295:4294967295',", of_root = true,
    says = "{file}:3: user: names a user"},
  {"a plan whose hook takes the group", hooks, "return {api = 2, plan = function(plan)\n"
    .. "  plan.services.synapse.process.uid = 991\n  plan.services.synapse.process.gid = nil\n  return plan\nend}",
    of_root = true, says = "{file}:1: plan: services.synapse.process has a uid and no gid"},
  -- The wrong place, which is a warning, and files for another version.
  {"a service at the top", "nginx.lua", "error 'no'", fine = true,
    says = "{file}: is not used; did you mean services/nginx.lua?"},
  {"a misspelt folder", "service/bridge.lua", "error 'no'", fine = true,
    says = "{file}: is not used; did you mean services/bridge.lua?"},
  {"Lua of the program", "plan/init.lua", "error 'no'", fine = true, says = "{file}: is not used"},
  {"a template at the top", "nginx.conf", "", fine = true,
    says = "{file}: is not used; did you mean templates/nginx.conf?"},
  {"a misspelt template", "templates/ngnix.conf", "", fine = true,
    says = "{file}: is not used; did you mean templates/nginx.conf?"},
  {"an unknown slot", "templates/nginx.conf.d/servers/x.conf", "", fine = true,
    says = "{file}: is not used; did you mean templates/nginx.conf.d/server/x.conf?"},
  {"a stand-in without a version", "workers/typing.lua", "return {api = 2, doc = 'x', resources = {}, endpoints = {}}",
    fine = true, says = "{file}:1: stands in for the shipped workers/typing.lua, and does not say which version"},
  {"a stand-in for an older one", "workers/typing.lua", "return {api = 2, doc = 'x', resources = {}, endpoints = {},\n"
    .. "  replaces = 'abc'}", fine = true, says = "{file}:2: stands in for an older workers/typing.lua (abc)"},
}
