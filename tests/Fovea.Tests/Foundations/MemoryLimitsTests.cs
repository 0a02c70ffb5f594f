using Fovea.Core.Errors;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Foundations;

/// <summary>The memory that a process may hold is the least of what machine, control groups and ulimit allow.</summary>
public sealed class MemoryLimitsTests : IDisposable
{
    private const long Mib = 1 << 20;
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Without_a_control_group_it_is_the_machines()
    {
        Write("proc/meminfo", "MemFree: 5 kB\nMemTotal:       1024 kB\n");
        Assert.Equal(new MemoryLimit(Mib, "the machine"), MemoryLimits.Resident(_root.Path));
        Assert.Null(MemoryLimits.Growth(_root.Path));
    }

    [Theory]
    [InlineData("0::/user/job\n", "sys/fs/cgroup/user/job/memory.max")]
    [InlineData("0::/user/job\n", "sys/fs/cgroup/user/memory.max")] // of the group around it
    [InlineData("0::/\n", "sys/fs/cgroup/memory.max")] // as a container sees its own
    [InlineData("0::/far/away/in/the/host\n", "sys/fs/cgroup/memory.max")] // the host's path, of which only the end is mounted
    [InlineData("3:cpu,cpuacct:/a\n5:memory:/a/b\n", "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes")]
    [InlineData("9:hugetlb,memory:/a\n", "sys/fs/cgroup/memory/memory.limit_in_bytes")]
    public void A_control_group_of_either_version_and_those_around_it_count(string groups, string file)
    {
        Write("proc/meminfo", "MemTotal: 1048576 kB\n");
        Write("proc/self/cgroup", groups);
        Write(file, $"{300 * Mib}\n");
        Assert.Equal(new MemoryLimit(300 * Mib, "the control group"), MemoryLimits.Resident(_root.Path));
        Write(file, $"{5000 * Mib}\n"); // more than the machine has
        Assert.Equal("the machine", MemoryLimits.Resident(_root.Path).Name);
    }

    [Theory]
    [InlineData("max\n")]
    [InlineData("9223372036854771712\n")] // version 1's "no limit"
    [InlineData("")]
    [InlineData("junk")]
    public void No_limit_is_none(string text)
    {
        Write("proc/meminfo", "MemTotal: 2048 kB\n");
        Write("proc/self/cgroup", "0::/\n4:memory:/\nnonsense\n");
        Write("sys/fs/cgroup/memory.max", text);
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", text);
        Assert.Equal(new MemoryLimit(2 * Mib, "the machine"), MemoryLimits.Resident(_root.Path));
    }

    [Fact]
    public void What_ulimit_leaves_is_the_limit_less_what_is_used()
    {
        Write("proc/self/limits", $"""
            Limit                     Soft Limit           Hard Limit           Units
            Max data size             {300 * Mib}          unlimited            bytes
            Max address space         unlimited            unlimited            bytes
            """);
        Write("proc/self/status", "VmSize:\t  900000 kB\nVmData:\t  204800 kB\n");
        Assert.Equal(900000L * 1024, MemoryLimits.OfProcess("VmSize", _root.Path));
        Assert.Null(MemoryLimits.OfProcess("Vm", _root.Path));
        Assert.Equal(new MemoryLimit(100 * Mib, "ulimit -d"), MemoryLimits.Growth(_root.Path));
        Write("proc/self/limits", $"Max address space         {900 * Mib}            unlimited            bytes\n");
        Assert.Equal("ulimit -v", MemoryLimits.Growth(_root.Path)!.Name);
    }

    [Fact]
    public void This_machine_has_some_memory() => Assert.InRange(MemoryLimits.Resident().Bytes, 64 * Mib, 1L << 50);

    [Fact]
    public void What_exceeds_a_limit_is_refused_in_one_line_that_says_what_to_lower()
    {
        MemoryLimits.Require("the run takes", 300 * Mib, new MemoryLimit(300 * Mib, "the machine"), "lower x");
        MemoryLimits.Require("the run takes", long.MaxValue, null, "lower x");
        var error = Assert.Throws<FoveaException>(() => MemoryLimits.Require("the run takes", 301 * Mib, new MemoryLimit(300 * Mib, "the machine"), "lower x"));
        Assert.Equal("the run takes 301 MiB, more than the 300 MiB of the machine; lower x, or give --allow-over-memory to run it all the same", error.Message);
    }

    private void Write(string file, string text)
    {
        var path = _root[file];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
