-- EDGE
-- Notices new files of nginx's certificate: a file that is written or replaced, and a link on the way to it that leads
-- elsewhere, as certbot and Kubernetes do it.

local link_chain = require "lib.link_chain"
local log = require "core.log"
local loop = require "core.loop"
local tables = require "lib.tables"
local watch = require "core.watch"

local renewal = {}

local QUIET = 500 -- ms without a change: a pair is two files, and one may come after the other

local on_new -- called when files have changed
local watched, chain, timer = {}, {}, nil
local complained = false

local function is_changed()
  if timer then timer:close() end
  timer = loop.timer(QUIET, function()
    timer = nil
    on_new()
  end)
end

local function open(directory, names)
  local one, why = watch.open(directory, tables.keys(names), is_changed)
  if one or complained then return one end
  complained = true
  log.write("warn", ("new files of the certificate may not be noticed, so run synlua reload then: %s"):format(why))
end

--- Watches these files from now on. The links on the way to them are read anew.
---@param paths string[]
---@param fn fun() called once they have changed and a moment was quiet
function renewal.follow(paths, fn)
  on_new = fn
  local now, opened = link_chain.of(paths, watch.link), {}
  for directory, names in tables.sorted(now) do
    names[directory:match "[^/]*$"] = true -- the directory itself
    opened[#opened + 1] = open(directory, names)
  end
  for _, one in ipairs(watched) do one:close() end -- last, so that nothing is missed
  local is_other = next(chain) ~= nil and not link_chain.equal(chain, now)
  watched, chain = opened, now
  if is_other then is_changed() end -- it may have changed before it was watched
end

return renewal
