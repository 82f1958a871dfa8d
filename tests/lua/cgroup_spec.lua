local cgroup = require "input.cgroup"

local MEMINFO = "MemTotal:        4194304 kB\nMemFree:          123456 kB\n"
local V2 = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
local V1 = "31 30 0:27 %s /sys/fs/cgroup/cpu,cpuacct ro shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
  .. "32 30 0:28 %s /sys/fs/cgroup/memory ro,relatime - cgroup cgroup rw,memory\n"

-- The files of a machine; anything else does not exist.
local function limits(files, affinity)
  files["/proc/meminfo"] = files["/proc/meminfo"] or MEMINFO
  return cgroup.limits(function(path) return files[path] end, affinity or 8)
end

local function v1(root) return V1:format(root, root) end

describe("limits of control groups", function()
  it("are those of the machine where there is no group", function()
    assert.same({cpus = 8, memory = 4 << 30}, limits {})
    assert.same({cpus = 3, memory = 4 << 30}, limits({}, 3))
  end)

  it("of version 2 are read at the mount, as a container sees them", function()
    assert.same({cpus = 2, memory = 512 << 20}, limits {
      ["/proc/self/mountinfo"] = V2, ["/proc/self/cgroup"] = "0::/\n",
      ["/sys/fs/cgroup/cpu.max"] = "150000 100000\n", ["/sys/fs/cgroup/memory.max"] = "536870912\n"})
  end)

  it("of version 2 are the least on the way up", function()
    assert.same({cpus = 1, memory = 1 << 30}, limits {
      ["/proc/self/mountinfo"] = V2, ["/proc/self/cgroup"] = "0::/pod/one\n",
      ["/sys/fs/cgroup/pod/one/cpu.max"] = "max 100000\n", ["/sys/fs/cgroup/pod/cpu.max"] = "50000 100000\n",
      ["/sys/fs/cgroup/pod/one/memory.max"] = "2147483648\n", ["/sys/fs/cgroup/pod/memory.max"] = "1073741824\n"})
  end)

  it("of `max` are no limits", function()
    assert.same({cpus = 8, memory = 4 << 30}, limits {
      ["/proc/self/mountinfo"] = V2, ["/proc/self/cgroup"] = "0::/\n",
      ["/sys/fs/cgroup/cpu.max"] = "max 100000\n", ["/sys/fs/cgroup/memory.max"] = "max\n"})
  end)

  it("of version 1 are found below a mount whose root is our group", function()
    assert.same({cpus = 3, memory = 256 << 20}, limits {
      ["/proc/self/mountinfo"] = v1 "/docker/abc",
      ["/proc/self/cgroup"] = "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
      ["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "300000\n",
      ["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us"] = "100000\n",
      ["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "268435456\n"})
  end)

  it("of version 1 are found on the host, in nested groups", function()
    assert.same({cpus = 2, memory = 1 << 30}, limits {
      ["/proc/self/mountinfo"] = v1 "/", ["/proc/self/cgroup"] = "5:cpu,cpuacct:/a/b\n4:memory:/a/b\n",
      ["/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us"] = "-1\n",
      ["/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us"] = "100000\n",
      ["/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us"] = "100001\n",
      ["/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us"] = "100000\n",
      ["/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes"] = "9223372036854771712\n",
      ["/sys/fs/cgroup/memory/a/memory.limit_in_bytes"] = "1073741824\n"})
  end)

  it("never leave less than one processor, and give no more than there are", function()
    local files = {["/proc/self/mountinfo"] = V2, ["/proc/self/cgroup"] = "0::/\n",
      ["/sys/fs/cgroup/cpu.max"] = "1000 100000\n"}
    assert.equal(1, limits(files).cpus)
    files["/sys/fs/cgroup/cpu.max"] = "1600000 100000\n"
    assert.equal(8, limits(files).cpus)
  end)

  it("are left out where nothing can be read", function()
    assert.same({cpus = 2}, cgroup.limits(function() end, 2))
    assert.same({cpus = 2}, cgroup.limits(function() return "garbage\n:::\n- - -\n" end, 2))
    assert.same({cpus = 8, memory = 4 << 30}, limits {["/proc/self/mountinfo"] = V2,
      ["/proc/self/cgroup"] = "0::/../../outside\n", ["/sys/fs/cgroup/cpu.max"] = "max"})
  end)
end)
