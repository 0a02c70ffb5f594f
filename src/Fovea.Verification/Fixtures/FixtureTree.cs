using Fovea.Verification.Checks;

namespace Fovea.Verification.Fixtures;

/// <summary>
/// Finds cases below a folder: folders with a <c>case.json</c>; folders whose <c>index.json</c> lists cases (image references) or files
/// of cases (text references); single files of text cases. What an index lists and is not there is a failed case.
/// </summary>
internal sealed class FixtureTree(CaseKinds kinds)
{
    private const int MostLevels = 64;
    private readonly HashSet<string> _visited = new(StringComparer.Ordinal);

    /// <summary>The cases of a file or folder, in the order of indexes and names.</summary>
    public IEnumerable<FoundCase> Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (Path.GetFileName(full) is "case.json" or "index.json" && File.Exists(full))
        {
            full = Path.GetDirectoryName(full)!;
        }

        return File.Exists(full) ? FromFile(full, Path.GetFileNameWithoutExtension(full))
            : FromFolder(full, Path.GetFileName(full.TrimEnd(Path.DirectorySeparatorChar)), 0);
    }

    private IEnumerable<FoundCase> FromFolder(string folder, string name, int level)
    {
        if (!_visited.Add(folder) || LeadsUp(folder))
        {
            yield break;
        }

        if (level > MostLevels)
        {
            yield return FoundCase.Broken(name, "unknown", $"{folder}: lies more than {MostLevels} folders deep; what is below it was not looked at");
            yield break;
        }

        if (File.Exists(Path.Combine(folder, "case.json")))
        {
            yield return FromCase(folder, name);
            yield break;
        }

        var index = Path.Combine(folder, "index.json");
        foreach (var found in File.Exists(index) ? FromIndex(index, folder, name, level) : TextFiles(folder, name))
        {
            yield return found;
        }

        foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            foreach (var found in FromFolder(inner, $"{name}/{Path.GetFileName(inner)}", level + 1))
            {
                yield return found;
            }
        }
    }

    // A link to a folder that it lies in would be walked for ever.
    private static bool LeadsUp(string folder) =>
        new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target
        && (folder + Path.DirectorySeparatorChar).StartsWith(target.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar,
            StringComparison.Ordinal);

    private static FoundCase FromCase(string folder, string name)
    {
        try
        {
            var json = FixtureJson.Parse(Path.Combine(folder, "case.json"));
            return CaseKinds.Folder(folder, name, json.Text("kind"), json);
        }
        catch (ReferenceException e)
        {
            return FoundCase.Broken(name, "unknown", e.Message);
        }
    }

    private IEnumerable<FoundCase> FromIndex(string path, string folder, string name, int level)
    {
        var (index, error) = Read(path);
        if (error is not null)
        {
            return [FoundCase.Broken(name, "index", error)];
        }

        var cases = index.Try("cases") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        var files = index.Try("files") is { ValueKind: JsonValueKind.Array } named ? named.EnumerateArray().ToList() : [];
        return cases.SelectMany(c => Listed(c, index, folder, name, level)).Concat(files.SelectMany(f => ListedFile(f, folder, name)));
    }

    private IEnumerable<FoundCase> Listed(JsonElement entry, JsonElement index, string folder, string name, int level)
    {
        var kind = entry.Try("kind") is { ValueKind: JsonValueKind.String } k ? k.GetString()! : "unknown";
        var label = entry.Try("name") is { ValueKind: JsonValueKind.String } n ? n.GetString()! : "unnamed";
        if (entry.Try("folder") is not { } inner)
        {
            return [kinds.Indexed(folder, $"{name}/{label}", kind, entry, index)];
        }

        var where = inner.ValueKind == JsonValueKind.String ? inner.GetString()! : "";
        try
        {
            var path = InputFiles.Beside(folder, where);
            return File.Exists(Path.Combine(path, "case.json"))
                ? FromFolder(path, $"{name}/{where}", level + 1)
                : [FoundCase.Broken($"{name}/{where}", kind, $"{Path.Combine(path, "case.json")}: not found; the index lists this case")];
        }
        catch (ReferenceException e)
        {
            return [FoundCase.Broken($"{name}/{label}", kind, e.Message + "; the index lists this case")];
        }
    }

    private IEnumerable<FoundCase> ListedFile(JsonElement entry, string folder, string name)
    {
        var file = entry.Try("file") is { ValueKind: JsonValueKind.String } f ? f.GetString()! : "";
        try
        {
            return FromFile(InputFiles.Beside(folder, file), $"{name}/{Path.GetFileNameWithoutExtension(file)}");
        }
        catch (ReferenceException e)
        {
            return [FoundCase.Broken($"{name}/{file}", "text", e.Message + "; the index lists this file")];
        }
    }

    // A folder without an index may hold other JSON as well; a file that says it has cases, or that cannot be read, is not passed over.
    private IEnumerable<FoundCase> TextFiles(string folder, string name) => Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
        .Where(f => Read(f) is var (json, error) && (error is not null
            || (json.Try("kind") is { ValueKind: JsonValueKind.String } kind && (CaseKinds.IsText(kind.GetString()!) || json.Try("cases") is not null))))
        .SelectMany(f => FromFile(f, $"{name}/{Path.GetFileNameWithoutExtension(f)}"));

    private IEnumerable<FoundCase> FromFile(string path, string name)
    {
        var (json, error) = Read(path);
        var kind = error is null && json.Try("kind") is { ValueKind: JsonValueKind.String } k ? k.GetString()! : "unknown";
        return error is null ? kinds.TextFile(path, name, kind, json) : [FoundCase.Broken(name, kind, error)];
    }

    private static (JsonElement Json, string? Error) Read(string path)
    {
        try
        {
            return (FixtureJson.Parse(path), null);
        }
        catch (ReferenceException e)
        {
            return (default, e.Message);
        }
    }
}
