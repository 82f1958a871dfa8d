-- Words of SYNAPSE_WORKER_TYPES that stand for other words. Data only. To change it, put a copy into the user directory
-- as settings/worker_list/presets.lua.

local presets = {}

-- Words inside an item: each stands for several types in one process.
presets.shorthands = {
  client_reader = {"client_reader_room", "client_reader_non_room"},
  federation_reader = {"federation_reader_room", "federation_reader_non_room"},
  room_reader = {"client_reader_room", "federation_reader_room"},
  general_reader = {"client_reader_non_room", "federation_reader_non_room"},
}

-- Words in place of an item: each stands for several items. `full` means the same as in realtyem/synapse-workers.
presets.lists = {
  full = "account_data, background_worker, event_creator, event_persister, federation_inbound, federation_reader, "
    .. "federation_sender, frontend_proxy, media_repository, presence, pusher, receipts, to_device, typing, "
    .. "synchrotron, user_dir",
  small = "sync=synchrotron+sliding_synchrotron+initial_sync, "
    .. "reader=client_reader+federation_reader+event_creator+frontend_proxy+user_dir, "
    .. "sender=federation_sender+pusher+appservice, media_repository",
  medium = "sync=synchrotron+sliding_synchrotron:2, initial_sync, client_reader+user_dir, "
    .. "event_creator+frontend_proxy, federation_reader, federation_inbound, event_persister, "
    .. "federation_sender+pusher+appservice, media_repository, "
    .. "streams=account_data+device_lists+presence+push_rules+receipts+to_device+typing",
  large = "sync=synchrotron+sliding_synchrotron:4, initial_sync:2, client_reader:2, user_dir, event_creator:2, "
    .. "frontend_proxy, federation_reader:2, federation_inbound:2, event_persister:4, background_worker, "
    .. "federation_sender:4, pusher:2, appservice, media_repository:2, account_data, device_lists, presence, "
    .. "push_rules, receipts, to_device, typing",
}

local MEGABYTE = 1 << 20

-- The first entry that fits is used. Unknown memory counts as enough. A third of the least memory is left when the
-- caches whose size is known are full (plan/process/estimate.lua), for Synapse's other caches and for the kernel's. A
-- machine with 2, 4 or 16 GB has a little less to give.
presets.sizes = {
  {preset = "large", cpus = 16, memory = 14336 * MEGABYTE},
  {preset = "medium", cpus = 4, memory = 3584 * MEGABYTE},
  {preset = "small", cpus = 2, memory = 1792 * MEGABYTE},
}

--- The preset that `auto` stands for, or nil if there is room for the main process only.
---@param host {cpus: integer, memory?: integer}
---@return string?
function presets.auto(host)
  for _, size in ipairs(presets.sizes) do
    if host.cpus >= size.cpus and (not host.memory or host.memory >= size.memory) then return size.preset end
  end
end

return presets
