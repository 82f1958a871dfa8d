---@meta
-- Written by make docs from the schemas in lua/contract/, for an editor's language server. Do not edit.

--- The requests that nginx sends to it.
---@class synlua.WorkerType.endpoints
---@field path string The path: {room} is one segment, {user+} one or more, {r0|v3} one of these words. /* at the end stands for a slash and anything behind it.
---@field methods ("GET"|"PUT"|"POST"|"DELETE"|"PATCH")[] The methods of HTTP that it answers.
---@field balance? "user"|"room"|"source"|"one" What goes to one process of a pool: one user's requests, one room's, those of one server (of one address, if no server signed them), or all.
---@field fallback? boolean false: the main process cannot serve it, so it gets an error while no worker of the type is there.
---@field repeatable? boolean Whether it does no harm when it is done twice.
---@field unbuffered? boolean The body goes through as it comes, as uploads do. Then there is no second try.
---@field whole? boolean The path has no method but these anywhere, so that nginx need not look at it.
---@field without? string Only requests that lack this argument in their query.
---@field prefer? integer The highest of the types that are there takes the request.

--- A file `workers/NAME.lua` describes the worker type NAME, which SYNAPSE_WORKER_TYPES can then name.
---@class synlua.WorkerType
---@field api integer The version of this description: 2.
---@field doc string One line that says what its processes do.
---@field resources ("client"|"federation"|"media"|"replication")[] What its listener serves. A type that writes a stream has "replication".
---@field endpoints synlua.WorkerType.endpoints[] The requests that nginx sends to it.
---@field max? integer How many processes of it Synapse allows.
---@field duty? integer How many of them do what the type is for. The others only answer requests.
---@field leads? boolean Its options go before those of all other types, and its names come first in lists.
---@field shared? fun(names: string[]): table Gets the names of its processes and returns options of homeserver.yaml for all processes. `synlua check` warns of an option that Synapse does not know, or that something else sets.
---@field own? fun(name: string): table Gets the name of one process and returns options for it alone.
---@field extends? fun(shipped: table): table In place of all other fields: gets the shipped type of this name, changes it, and returns it.
---@field replaces? string The version of the shipped file that this one stands in for; `synlua check` says when that has changed.

--- When it is ready. `notify`: it has sent READY=1 to NOTIFY_SOCKET. `started`: it runs. `exit`: it has ended with status 0. A table: it answers.
---@class synlua.Service.ready
---@field http? string A GET of this URL is answered with a status from 200 to 399.
---@field tcp? integer|string This port takes a connection.
---@field socket? string This socket takes a connection; with http, the URL's path is asked there.

--- What it keeps: directories in `view.paths.state`, made for its user.
---@class synlua.Service.directories
---@field path string Below `view.paths.state`.
---@field mode? string Its mode.

--- Files that each start makes anew in a directory of its own, `view.paths.own`; its user can read them.
---@class synlua.Service.files
---@field path string Its name in `view.paths.own`.
---@field text string What is in it.
---@field mode? string Its mode.
---@field secret? boolean It is never shown.

--- Files made from templates of the user directory, where values are quoted as the format needs it.
---@class synlua.Service.templates
---@field path string Its name in `view.paths.own`.
---@field template string The file templates/TEMPLATE.
---@field format "json"|"libpq"|"nginx"|"postgresql"|"redis"|"shell"|"sql_identifier"|"sql_literal"|"yaml" How values are quoted.
---@field values any What the template names.
---@field mode? string Its mode.
---@field secret? boolean It is never shown.

--- Variables of its own.
---@class synlua.Service.settings
---@field name string The name of the variable.
---@field kind "boolean"|"duration"|"host"|"integer"|"number"|"path"|"port"|"server_name"|"size"|"string"|"url"|"word" What its text must be. `boolean`, `integer`, `number` and `port` give such a value, the others a text.
---@field doc string One line that says what it does.
---@field default? string|number|boolean The value where it is not set; without one it is nil then.
---@field required? boolean It must be set, or nothing starts.
---@field secret? boolean Its value is never shown.
---@field min? number The least value of an integer or number.
---@field max? number The greatest value of an integer or number.
---@field words? string[] Of a word: what it may be.

--- How it is asked regularly once it is ready.
---@class synlua.Service.alive
---@field http? string A GET of this URL is answered with a status from 200 to 399.
---@field tcp? integer|string This port takes a connection.
---@field socket? string This socket takes a connection; with http, the URL's path is asked there.
---@field every? number Seconds from one question to the next; 60.
---@field timeout? number Seconds to wait for an answer; 10.
---@field patience? integer After so many without an answer it is unhealthy; 6.
---@field restart_after? integer After so many it is started again; never.

--- Its limits.
---@class synlua.Service.limits
---@field open_files? integer How many files it may have open.
---@field oom_score_adj? integer Who dies first where memory is short.
---@field start_seconds? number A start that does nothing for so long has failed; 60.
---@field stop_seconds? number Seconds to end by itself after the request; 5.
---@field tries? integer So many failures in a row are one for good; 5.

--- A file `services/NAME.lua` describes the service NAME. Most need `argv` and `ready` only. Where it says so, a field may also be a function of the view that returns the value.
---@class synlua.Service
---@field api integer The version of this description: 2.
---@field doc? string One line that says what it is.
---@field argv? string[]|fun(view: synlua.View): string[] The program, by its absolute path, and its arguments. No secrets: every user can see them.
---@field ready? "notify"|"started"|"exit"|synlua.Service.ready|fun(view: synlua.View): "notify"|"started"|"exit"|synlua.Service.ready When it is ready. `notify`: it has sent READY=1 to NOTIFY_SOCKET. `started`: it runs. `exit`: it has ended with status 0. A table: it answers.
---@field needs? string[]|fun(view: synlua.View): string[] Services that must be ready before it starts. If one stops, it does too.
---@field after? string[]|fun(view: synlua.View): string[] Services whose start is over before it starts, ready or not.
---@field before? string[]|fun(view: synlua.View): string[] Services that start when the start of this one is over, such as synapse.
---@field environment? table<string, string|number>|fun(view: synlua.View): table<string, string|number> Its variables, beside PATH, LANG, HOME and NOTIFY_SOCKET. It gets no other variable of synlua's.
---@field user? string|fun(view: synlua.View): string Whom it runs as. Where synlua does not run as root, everything runs as synlua's own user.
---@field cwd? string|fun(view: synlua.View): string Its working directory.
---@field on_failure? "degrade"|"exit"|"keep-trying" What its failure for good means: the others go on, everything ends, or it is tried again for ever.
---@field directories? (string|synlua.Service.directories)[]|fun(view: synlua.View): (string|synlua.Service.directories)[] What it keeps: directories in `view.paths.state`, made for its user.
---@field files? synlua.Service.files[]|fun(view: synlua.View): synlua.Service.files[] Files that each start makes anew in a directory of its own, `view.paths.own`; its user can read them.
---@field templates? synlua.Service.templates[]|fun(view: synlua.View): synlua.Service.templates[] Files made from templates of the user directory, where values are quoted as the format needs it.
---@field registration? string It is an application service. The first start makes `appservices/NAME.yaml` beside homeserver.yaml from this template, with new tokens as `as_token` and `hs_token`, and Synapse gets it.
---@field settings? synlua.Service.settings[] Variables of its own.
---@field alive? synlua.Service.alive|fun(view: synlua.View): synlua.Service.alive How it is asked regularly once it is ready.
---@field limits? synlua.Service.limits|fun(view: synlua.View): synlua.Service.limits Its limits.
---@field memory? number MB that it uses soon after its start, for the estimate of `synlua plan`.
---@field plan? fun(view: synlua.View): table? In place of the fields from argv on: returns all that is planned, as shipped services do.
---@field extends? fun(shipped: table): table In place of all other fields: gets the shipped service of this name, changes it, and returns it.
---@field replaces? string The version of the shipped file that this one stands in for; `synlua check` says when that has changed.

--- What it keeps: directories in `view.paths.state`, made for its user.
---@class synlua.Job.directories
---@field path string Below `view.paths.state`.
---@field mode? string Its mode.

--- Files that each start makes anew in a directory of its own, `view.paths.own`; its user can read them.
---@class synlua.Job.files
---@field path string Its name in `view.paths.own`.
---@field text string What is in it.
---@field mode? string Its mode.
---@field secret? boolean It is never shown.

--- Files made from templates of the user directory, where values are quoted as the format needs it.
---@class synlua.Job.templates
---@field path string Its name in `view.paths.own`.
---@field template string The file templates/TEMPLATE.
---@field format "json"|"libpq"|"nginx"|"postgresql"|"redis"|"shell"|"sql_identifier"|"sql_literal"|"yaml" How values are quoted.
---@field values any What the template names.
---@field mode? string Its mode.
---@field secret? boolean It is never shown.

--- Variables of its own.
---@class synlua.Job.settings
---@field name string The name of the variable.
---@field kind "boolean"|"duration"|"host"|"integer"|"number"|"path"|"port"|"server_name"|"size"|"string"|"url"|"word" What its text must be. `boolean`, `integer`, `number` and `port` give such a value, the others a text.
---@field doc string One line that says what it does.
---@field default? string|number|boolean The value where it is not set; without one it is nil then.
---@field required? boolean It must be set, or nothing starts.
---@field secret? boolean Its value is never shown.
---@field min? number The least value of an integer or number.
---@field max? number The greatest value of an integer or number.
---@field words? string[] Of a word: what it may be.

--- A file `jobs/NAME.lua` describes the job NAME: a program that runs at certain times, or when somebody says `synlua job run NAME`. Most need `argv` and `schedule` only. Where it says so, a field may also be a function of the view that returns the value.
---@class synlua.Job
---@field api integer The version of this description: 2.
---@field doc? string One line that says what it does.
---@field argv string[]|fun(view: synlua.View): string[] The program, by its absolute path, and its arguments. No secrets: every user can see them.
---@field schedule? string|fun(view: synlua.View): string When it runs, as a cron expression such as `0 1 * * sun` or `@daily`. Without one, or where the function returns nil, it runs only on request.
---@field timezone? string The time zone of `schedule`.
---@field jitter_s? integer It runs up to so many seconds later, by chance, so that not all do at once.
---@field missed? "skip"|"once" What becomes of runs that were due while synlua did not run: nothing, or one run when it does again.
---@field enabled? boolean|fun(view: synlua.View): boolean Whether there is such a job at all. A function may return false and why not.
---@field environment? table<string, string|number>|fun(view: synlua.View): table<string, string|number> Its variables, beside PATH, LANG, HOME and NOTIFY_SOCKET. It gets no other variable of synlua's.
---@field user? string|fun(view: synlua.View): string Whom it runs as. Where synlua does not run as root, everything runs as synlua's own user.
---@field cwd? string|fun(view: synlua.View): string Its working directory.
---@field directories? (string|synlua.Job.directories)[]|fun(view: synlua.View): (string|synlua.Job.directories)[] What it keeps: directories in `view.paths.state`, made for its user.
---@field files? synlua.Job.files[]|fun(view: synlua.View): synlua.Job.files[] Files that each start makes anew in a directory of its own, `view.paths.own`; its user can read them.
---@field templates? synlua.Job.templates[]|fun(view: synlua.View): synlua.Job.templates[] Files made from templates of the user directory, where values are quoted as the format needs it.
---@field settings? synlua.Job.settings[] Variables of its own.
---@field limit_s? integer After so many seconds it is ended, and has failed.
---@field nice? integer How far it stands back where the processor is short; 19 is the farthest.
---@field ionice? "idle"|"best-effort" `idle`: it reads and writes only while nobody else does.
---@field memory_mb? integer Each of its processes may have so much memory of its own (RLIMIT_DATA).
---@field extends? fun(shipped: table): table In place of all other fields: gets the shipped job of this name, changes it, and returns it.
---@field replaces? string The version of the shipped file that this one stands in for; `synlua check` says when that has changed.

--- The file `init.lua` returns functions. Each of the first three gets a copy of what a stage has made, and returns what is to be taken in its place; nil changes nothing. `on` hears what happens while synlua runs. [hooks.md](hooks.md) has an example, and says what each of them may change.
---@class synlua.Hooks
---@field api integer The version of this description: 2.
---@field settings? fun(settings: table): table? Gets all settings by the names of their variables.
---@field plan? fun(plan: table): table? Gets the plan: its services by name, with what each runs.
---@field files? fun(files: table): table? Gets the list of generated files, each with path and bytes.
---@field on? fun(event: table, act: table) Gets each event: ready, exited, failed, reloaded, stopping. It runs in a process of its own.

--- Where things are.
---@class synlua.View.paths
---@field data? string the data directory
---@field config? string the directory of the configuration
---@field runtime? string the runtime directory, which each start makes anew
---@field homeserver? string homeserver.yaml
---@field own? string where the `files` and `templates` of this service go
---@field state? string where the `directories` of this service lie

--- synlua itself
---@class synlua.View.users.own
---@field uid? integer user id
---@field gid? integer group id

--- Synapse
---@class synlua.View.users.synapse
---@field uid? integer user id
---@field gid? integer group id

--- nginx, where there is such a user
---@class synlua.View.users.nginx
---@field uid? integer user id
---@field gid? integer group id

--- Redis, where there is such a user
---@class synlua.View.users.redis
---@field uid? integer user id
---@field gid? integer group id

--- PostgreSQL, where there is such a user
---@class synlua.View.users.postgres
---@field uid? integer user id
---@field gid? integer group id

--- Prometheus, where there is such a user
---@class synlua.View.users.prometheus
---@field uid? integer user id
---@field gid? integer group id

--- coturn, where there is such a user
---@class synlua.View.users.coturn
---@field uid? integer user id
---@field gid? integer group id

--- Which user each part runs as.
---@class synlua.View.users
---@field own? synlua.View.users.own synlua itself
---@field synapse? synlua.View.users.synapse Synapse
---@field nginx? synlua.View.users.nginx nginx, where there is such a user
---@field redis? synlua.View.users.redis Redis, where there is such a user
---@field postgres? synlua.View.users.postgres PostgreSQL, where there is such a user
---@field prometheus? synlua.View.users.prometheus Prometheus, where there is such a user
---@field coturn? synlua.View.users.coturn coturn, where there is such a user

--- Where the homeserver is reached.
---@class synlua.View.urls
---@field homeserver? string from this machine, through nginx
---@field public? string from elsewhere (public_baseurl); nil where nobody says so

--- Synapse's processes, the main one first.
---@class synlua.View.instances
---@field name? string `main`, or the worker's name
---@field service? string the name of its service
---@field types? string[] its worker types
---@field addresses? table<string, any> public, replication, metrics, health: each has socket, or address and port

--- Functions of a service get a view. It can be read and not written, and an unknown name in it is an error.
---@class synlua.View
---@field settings? table<string, any> Every variable by its name, with its value or default: `view.settings.SYNAPSE_SERVER_NAME`.
---@field server_name? string The name of the homeserver.
---@field paths? synlua.View.paths Where things are.
---@field users? synlua.View.users Which user each part runs as.
---@field urls? synlua.View.urls Where the homeserver is reached.
---@field instances? synlua.View.instances[] Synapse's processes, the main one first.
---@field routes? any Which pool of processes serves which requests, as `synlua plan --json` has it.
