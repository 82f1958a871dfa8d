-- Options with which Synapse would leave its supervisor, and those that name processes which the plan does not have.

local document = require "lib.document"
local fixture = require "plan_fixture"

local function options_of(homeserver, environment)
  homeserver.server_name = "example.org"
  local _, problems, warnings, view = fixture.make {homeserver = homeserver, environment = environment}
  assert.same({}, problems)
  local texts = {}
  for at, warning in ipairs(warnings) do texts[at] = warning.what end
  return view.homeserver.options, table.concat(texts, "\n"), view
end

local function refused(homeserver, environment)
  homeserver.server_name = "example.org"
  return fixture.problems {homeserver = homeserver, environment = environment}
end

local seq, map = document.seq, document.map

describe("an option with which Synapse leaves its supervisor", function()
  it("is overruled by name, whatever it is set to", function()
    for _, said in ipairs {true, "yes", 1} do
      for _, name in ipairs {"daemonize", "worker_daemonize"} do
        local options, warnings, view = options_of({[name] = said, pid_file = "/data/homeserver.pid"})
        assert.is_false(options[name])
        assert.is_false(view.homeserver.overlay[name])
        assert.matches(name .. " is overruled", warnings, 1, true)
      end
    end
  end)

  it("is left alone where it does nothing", function()
    local options, warnings, view = options_of({daemonize = false, pid_file = "/data/homeserver.pid"})
    assert.is_false(options.daemonize)
    assert.is_nil(view.homeserver.overlay.daemonize)
    assert.is_nil(view.homeserver.overlay.pid_file)
    assert.equal("", warnings)
  end)

  it("opens no port that several processes would share", function()
    local options, warnings = options_of({worker_manhole = 9000})
    assert.is_nil(options.worker_manhole)
    assert.matches("worker_manhole", warnings, 1, true)
  end)
end)

describe("an option that names processes of before", function()
  it("is taken back, so that the main process does that", function()
    local options, warnings, view = options_of({
      instance_map = map {sender1 = map {host = "localhost", port = 9094}},
      federation_sender_instances = seq {"sender1", "sender2"}, pusher_instances = seq {"pusher1"},
      run_background_tasks_on = "tasks1", update_user_directory_from_worker = "users1",
      notify_appservices_from_worker = "bridges1", outbound_federation_restricted_to = seq {"sender1"},
      media_instance_running_background_jobs = "media1",
      auto_accept_invites = map {enabled = true, worker_to_run_on = "invites1"},
    })
    for _, name in ipairs {"federation_sender_instances", "pusher_instances", "run_background_tasks_on",
      "update_user_directory_from_worker", "notify_appservices_from_worker", "outbound_federation_restricted_to",
      "media_instance_running_background_jobs"} do
      assert.is_nil(options[name])
      assert.equal("null", view.homeserver.overlay[name].text)
      assert.matches(name .. " names ", warnings, 1, true)
    end
    assert.same({enabled = true}, options.auto_accept_invites)
    assert.matches("federation_sender_instances names sender1, sender2", warnings, 1, true)
    assert.matches("instance_map names sender1", warnings, 1, true)
  end)

  it("is taken back where it is the only one", function()
    for _, name in ipairs {"federation_sender_instances", "pusher_instances", "outbound_federation_restricted_to",
      "run_background_tasks_on", "update_user_directory_from_worker", "notify_appservices_from_worker",
      "media_instance_running_background_jobs"} do
      assert.is_nil((options_of({[name] = seq {"gone1"}}))[name])
    end
    assert.is_nil(options_of({auto_accept_invites = map {worker_to_run_on = "gone1"}}).auto_accept_invites
      .worker_to_run_on)
    assert.same({typing = "master"}, options_of({stream_writers = map {typing = "gone1"}}).stream_writers)
  end)

  it("is taken back where a list names nobody at all", function()
    local options, warnings = options_of({federation_sender_instances = seq {}, pusher_instances = seq {}})
    assert.is_nil(options.federation_sender_instances)
    assert.is_nil(options.pusher_instances)
    assert.matches("federation_sender_instances names nobody", warnings, 1, true)
  end)

  it("gives a stream back to main, and leaves the streams that main writes", function()
    local options, warnings = options_of({
      instance_map = map {writer1 = map {host = "localhost", port = 9094}},
      stream_writers = map {events = seq {"writer1", "writer2"}, typing = "writer1", presence = "master",
        receipts = "main"},
    })
    assert.same({events = "master", typing = "master", presence = "master", receipts = "master"},
      options.stream_writers)
    assert.matches("stream_writers.events names writer1, writer2", warnings, 1, true)
    assert.is_nil(warnings:find("stream_writers.presence", 1, true))
  end)

  it("is told where a module has it, whose options are its own", function()
    local modules = seq {map {module = "invites.Module", config = map {worker_to_run_on = "invites1"}}}
    local options, warnings = options_of({modules = modules})
    assert.equal("invites1", options.modules[1].config.worker_to_run_on)
    assert.matches("modules has invites.Module to run on invites1, no process of this server", warnings, 1, true)
  end)

  it("is kept where it names main or a worker that runs", function()
    local said = {run_background_tasks_on = "pusher1", federation_sender_instances = seq {"master"}}
    local options, warnings = options_of(said, {SYNAPSE_WORKER_TYPES = "pusher"})
    assert.equal("pusher1", options.run_background_tasks_on)
    assert.same({"master"}, options.federation_sender_instances)
    assert.equal("", warnings)
  end)

  it("is taken back beside workers of other types too", function()
    local options, warnings = options_of({federation_sender_instances = seq {"sender1"}, send_federation = false},
      {SYNAPSE_WORKER_TYPES = "pusher"})
    assert.is_nil(options.federation_sender_instances)
    assert.is_true(options.send_federation)
    assert.same({"pusher1"}, options.pusher_instances)
    assert.matches("federation_sender_instances names sender1", warnings, 1, true)
  end)
end)

describe("a switch of main for a worker of before", function()
  it("is on again", function()
    for _, name in ipairs {"send_federation", "start_pushers", "notify_appservices", "update_user_directory"} do
      local options, warnings, view = options_of({[name] = false})
      assert.is_true(options[name])
      assert.is_true(view.homeserver.overlay[name])
      assert.matches(name .. " is off", warnings, 1, true)
    end
  end)

  it("is left alone where it is on", function()
    local _, warnings, view = options_of({send_federation = true, start_pushers = true})
    assert.is_nil(view.homeserver.overlay.send_federation)
    assert.is_nil(view.homeserver.overlay.start_pushers)
    assert.equal("", warnings)
  end)

  it("of media is on again where another option tells of workers, and told where none does", function()
    local options, warnings = options_of({enable_media_repo = false, media_instance_running_background_jobs = "media1"})
    assert.is_true(options.enable_media_repo)
    assert.matches("enable_media_repo is off", warnings, 1, true)
    options, warnings = options_of({enable_media_repo = false})
    assert.is_false(options.enable_media_repo)
    assert.matches("nobody can upload or see media", warnings, 1, true)
  end)

  it("of media is no finding where a worker has media", function()
    local options, warnings = options_of({enable_media_repo = false}, {SYNAPSE_WORKER_TYPES = "media_repository"})
    assert.is_false(options.enable_media_repo)
    assert.equal("", warnings)
  end)
end)

describe("the file of a worker", function()
  it("is refused as the configuration of the whole server", function()
    assert.matches("homeserver.yaml: worker_app is synapse.app.generic_worker.*the file of a worker",
      refused({worker_app = "synapse.app.generic_worker", worker_name = "reader1"}))
    assert.matches("worker_name is reader1", refused({worker_name = "reader1"}), 1, true)
    assert.equal("", refused({worker_app = "synapse.app.homeserver"}))
    assert.equal("", refused({worker_app = ""}))
    assert.equal("", refused({worker_app = seq {}, worker_name = seq {}}))
    assert.matches("worker_name is set: this looks like", refused({worker_name = seq {"a"}}), 1, true)
  end)

  it("with the old replication is refused, as Synapse does at any value", function()
    assert.matches("worker_replication_port", refused({worker_replication_port = 9092}), 1, true)
  end)

  it("leaves options that have no effect, which one warning names", function()
    local _, warnings = options_of({worker_log_config = "/data/worker.log.config", worker_replication_host = "main",
      worker_replication_http_port = 9093, worker_listeners = seq {}, worker_pid_file = "/data/worker.pid"})
    assert.matches("worker_listeners, worker_log_config, worker_pid_file, worker_replication_host, "
      .. "worker_replication_http_port have no effect", warnings, 1, true)
    assert.equal(1, select(2, warnings:gsub("have no effect", "")))
  end)
end)
