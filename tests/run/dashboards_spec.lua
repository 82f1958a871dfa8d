-- The dashboards of contrib/grafana: what they ask Prometheus for must be a query, and of metrics that there are.

local dkjson = require "dkjson"
local families = require "metrics.families"
local support = require "run.support"

package.path = package.path .. ";./contrib/grafana/?.lua"
local boards = require "boards"
local make = require "make"

local ADDED = {job = true, index = true, instance = true, server_name = true} -- by the list of targets

local function add(known, name, kind, labels)
  local parts = kind == "histogram" and {"_bucket", "_sum", "_count"} or kind == "summary" and {"", "_sum", "_count"}
    or {""}
  for _, part in ipairs(parts) do known[name .. part] = labels end
end

-- Each metric with its labels; where none is known, any will do.
local function known_metrics()
  local known = {up = {}}
  for line in io.lines "tests/grafana/metrics.txt" do
    local name, kind, labels = line:match "^([%w_:]+) (%l+) (%S+)$"
    if name then
      local set = labels ~= "?" and {} or nil
      for label in (set and labels or ""):gmatch "[%w_]+" do set[label] = true end
      add(known, name, kind, set or {any = true})
    end
  end
  local status = {name = "a", state = "ready", exits = {x = 1}, restarts = 0}
  for _, family in ipairs(families.make {services = {status}, usage = {}, pss = {}, counts = {},
    seen = {cpu = {}, ready_after = {}}, own = {}, build = {}, started = 0}) do
    add(known, family.name, family.type, {service = true, state = true, cause = true})
  end
  return known
end

local KNOWN = known_metrics()

-- The queries of a dashboard as Grafana would ask them: {title, text}.
local function queries(board)
  local list = {}
  for _, panel in ipairs(dkjson.decode(make.json(board)).panels) do
    for _, target in ipairs(panel.targets or {}) do
      local text = target.expr:gsub("%$__rate_interval", "1m"):gsub("%$[%l_]+", ".*")
      list[#list + 1] = {panel.title, text}
    end
  end
  return list
end

-- What is wrong with the metrics of a query.
local function fault(text)
  local bare = text:gsub('"[^"]*"', '""')
  for name, labels in bare:gmatch "([%a_:][%w_:]*)%s*(%b{})" do
    local its = KNOWN[name]
    if not its then return "there is no metric " .. name end
    for label in labels:gmatch "([%w_]+)%s*[=!]" do
      if not (its[label] or its.any or ADDED[label]) then return ("%s has no label %s"):format(name, label) end
    end
  end
  for labels in bare:gmatch "by%s*(%b())" do
    for label in labels:gmatch "[%w_]+" do
      local found = ADDED[label] or label == "le"
      for name in bare:gmatch "([%a_:][%w_:]*)%s*{" do found = found or KNOWN[name][label] or KNOWN[name].any end
      if not found then return "no metric there has the label " .. label end
    end
  end
  if not bare:find "{" then return "no metric with braces" end
end

describe("the dashboards", function()
  it("are what their description makes", function()
    for _, board in ipairs(boards) do
      assert.equal(make.json(board), support.read("contrib/grafana/" .. board.file), board.file .. ": run make docs")
    end
  end)

  it("ask only queries that Prometheus can read", function()
    local directory = support.directory()
    finally(function() support.remove(directory) end)
    local count, rules = 0, {"groups:", "- name: dashboards", "  rules:"}
    for _, board in ipairs(boards) do
      for _, query in ipairs(queries(board)) do
        count = count + 1
        rules[#rules + 1] = ("  - record: query%d\n    expr: %s"):format(count, dkjson.encode(query[2]))
      end
    end
    support.write(directory .. "/rules.yml", table.concat(rules, "\n") .. "\n")
    local text, status = support.capture(("promtool check rules %s/rules.yml 2>&1"):format(directory))
    assert.equal(0, status, text)
    assert.is_truthy(text:find(("SUCCESS: %d rules found"):format(count), 1, true), text)
    assert.is_true(count > 80, count)
  end)

  it("name only metrics and labels that there are", function()
    for _, board in ipairs(boards) do
      for _, query in ipairs(queries(board)) do
        assert.is_nil(fault(query[2]), ("%s, %s: %s"):format(board.file, query[1], query[2]))
      end
      for _, choice in ipairs(board.choices) do
        local labels = assert(KNOWN[choice[2]], choice[2])
        assert.is_truthy(labels[choice[1]] or labels.any or ADDED[choice[1]], choice[1])
      end
    end
  end)

  it("would be found to name another metric or label", function()
    assert.equal("there is no metric nothing", fault 'sum(rate(nothing{a="b"}[1m]))')
    assert.equal("synlua_nginx_requests_total has no label rout", fault 'synlua_nginx_requests_total{rout=~"x"}')
    assert.equal("no metric there has the label rout", fault "sum by (rout) (synlua_nginx_requests_total{})")
    assert.equal("there is no metric synlua_nginx_request_seconds", fault "synlua_nginx_request_seconds{}")
  end)
end)
