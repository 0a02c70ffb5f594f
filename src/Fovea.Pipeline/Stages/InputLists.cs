namespace Fovea.Pipeline.Stages;

/// <summary>
/// Which files a run was begun with, where there are many: <c>inputs/ROLE.sha256</c> beside its <c>stage.json</c>, in the form of <c>sha256sum</c>. So
/// the file that changed can be named.
/// </summary>
public static class InputLists
{
    /// <summary>Their folder, in that of the stage.</summary>
    public const string Folder = "inputs";

    /// <summary>Writes the lists; where a run is continued, only those that are not there.</summary>
    public static void Write(string folder, InputHasher hasher, bool continued)
    {
        foreach (var (role, files) in hasher.Lists)
        {
            var path = PathOf(folder, role);
            if (!continued || !File.Exists(path))
            {
                Directory.CreateDirectory(Path.Combine(folder, Folder));
                AtomicFile.WriteText(path, string.Concat(files.Select(f => $"{f.Sha256}  {Escaped(f.Name)}\n")));
            }
        }
    }

    /// <summary>Takes back the lists that <see cref="Write"/> wrote, and their folder if nothing else is in it.</summary>
    public static void Remove(string folder, InputHasher hasher)
    {
        var lists = Path.Combine(folder, Folder);
        if (!Directory.Exists(lists))
        {
            return;
        }

        foreach (var role in hasher.Lists.Keys)
        {
            File.Delete(PathOf(folder, role));
        }

        if (!Directory.EnumerateFileSystemEntries(lists).Any())
        {
            Directory.Delete(lists);
        }
    }

    /// <summary>In words, the first file of <paramref name="role"/> that is not what it was; null where that is not known.</summary>
    public static string? FirstChange(string folder, string role, InputHasher hasher)
    {
        var path = PathOf(folder, role);
        if (!hasher.Lists.TryGetValue(role, out var now) || !File.Exists(path))
        {
            return null;
        }

        var was = RegularFile.ReadLines(path, RegularFile.MaxCorpus).Select(l => l.Split("  ", 2)).Where(l => l.Length == 2)
            .DistinctBy(l => l[1], StringComparer.Ordinal).ToDictionary(l => l[1], l => l[0], StringComparer.Ordinal);
        foreach (var (name, hash) in now)
        {
            if (!was.Remove(Escaped(name), out var before))
            {
                return $"\"{name}\" is new";
            }

            if (before != hash)
            {
                return hash == InputHasher.Unreadable ? $"\"{name}\" is missing or cannot be read"
                    : before == InputHasher.Unreadable ? $"\"{name}\" was missing or unreadable and is there now"
                    : $"\"{name}\" changed (SHA-256 {before[..12]}..., now {hash[..12]}...)";
            }
        }

        return was.Keys.FirstOrDefault() is { } gone ? $"\"{gone}\" is no longer named" : null;
    }

    private static string PathOf(string folder, string role) => Path.Combine(folder, Folder, role + ".sha256");

    private static string Escaped(string name) => name.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)
        .Replace("\r", @"\r", StringComparison.Ordinal);
}
