namespace Fovea.Torch;

/// <summary>The least of the limits on this process's memory.</summary>
/// <param name="Bytes">How much it may hold in all.</param>
/// <param name="Name">Which limit, for a message.</param>
public sealed record MemoryLimit(long Bytes, string Name);

/// <summary>How much memory a process may hold: the machine's, its control group's (Linux, version 1 or 2), or that of <c>ulimit</c>.</summary>
public static class MemoryLimits
{
    /// <summary>The option that lets a run begin whose plan exceeds the memory.</summary>
    public const string Option = "--allow-over-memory";

    private const string Root = "/";
    private const double Mib = 1 << 20;
    private const long MostRealistic = 1L << 50; // version 1 says "no limit" as a number near 2^63

    /// <summary>The limit on resident memory.</summary>
    /// <param name="root">Folder in which <c>proc</c> and <c>sys</c> are; another one for tests.</param>
    public static MemoryLimit Resident(string root = Root)
    {
        var machine = Field(root, "proc/meminfo", "MemTotal:") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return Groups(root).Append(new MemoryLimit(machine, "the machine")).MinBy(l => l.Bytes)!;
    }

    /// <summary>
    /// A figure that the kernel keeps of this process, in bytes: <c>VmRSS</c>, <c>VmHWM</c>, <c>VmData</c> and so on; null where there is none.
    /// </summary>
    /// <param name="name">Its name in <c>/proc/self/status</c>.</param>
    /// <param name="root">As above.</param>
    public static long? OfProcess(string name, string root = Root) => Field(root, "proc/self/status", name + ":");

    /// <summary>What is left, before a limit of <c>ulimit</c> (data, address space), of memory that the process may still take; null without a limit.</summary>
    /// <param name="root">As above.</param>
    public static MemoryLimit? Growth(string root = Root)
    {
        MemoryLimit? Left(string limit, string used, string name) => Limit(root, limit) is { } most && OfProcess(used, root) is { } now
            ? new MemoryLimit(Math.Max(0, most - now), name)
            : null;
        return new[] { Left("Max data size", "VmData", "ulimit -d"), Left("Max address space", "VmSize", "ulimit -v") }.OfType<MemoryLimit>()
            .MinBy(l => l.Bytes);
    }

    /// <summary>Refuses what exceeds a limit, in one line.</summary>
    /// <param name="what">What needs memory, e.g. <c>memory plan: peak</c>.</param>
    /// <param name="planned">How much, in bytes.</param>
    /// <param name="limit">What there is; null for no limit.</param>
    /// <param name="advice">Which key to lower.</param>
    /// <exception cref="FoveaException">It exceeds the limit.</exception>
    public static void Require(string what, long planned, MemoryLimit? limit, string advice)
    {
        if (limit is not null && planned > limit.Bytes)
        {
            throw new FoveaException(FormattableString.Invariant(
                $"{what} {planned / Mib:F0} MiB, more than the {limit.Bytes / Mib:F0} MiB of {limit.Name}; {advice}, or give {Option} to run it all the same"));
        }
    }

    /// <summary>Of this process's groups and all groups that they are in.</summary>
    private static IEnumerable<MemoryLimit> Groups(string root)
    {
        foreach (var line in Lines(root, "proc/self/cgroup"))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path])
            {
                continue;
            }

            var (home, file) = controllers.Length == 0 ? ("sys/fs/cgroup", "memory.max") : ("sys/fs/cgroup/memory", "memory.limit_in_bytes");
            if (controllers.Length > 0 && !controllers.Split(',').Contains("memory"))
            {
                continue;
            }

            // Within a container the path is the host's, and what is mounted is the group itself: whatever of the path exists is looked at.
            for (var group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
            {
                if (Number(Lines(root, Path.Combine(home, group, file)).FirstOrDefault()) is { } bytes)
                {
                    yield return new MemoryLimit(bytes, "the control group");
                }

                if (group.Length == 0)
                {
                    break;
                }
            }
        }
    }

    private static long? Limit(string root, string name)
    {
        var line = Lines(root, "proc/self/limits").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return Number(line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault());
    }

    private static long? Field(string root, string file, string field)
    {
        var line = Lines(root, file).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return Number(line?[field.Length..].Trim().Split(' ')[0]) * 1024;
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < MostRealistic ? number : null;

    private static string[] Lines(string root, string file)
    {
        try
        {
            var path = Path.Combine(root, file);
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
