using Fovea.Core.Json;

namespace Fovea.Scoring.Folds;

/// <summary>A corpus file that an assignment covers.</summary>
/// <param name="Name">File name, as in its samples' keys.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Scored">Whether its samples are to be scored; otherwise they are only trained on.</param>
public sealed record FoldSource(string Name, string Sha256, bool Scored);

/// <summary>
/// A fold assignment on disk: JSON Lines, a header with the number of folds, the seed and the corpus files, then a row per sample
/// <c>{"source", "record", "left_out_of": [fold, ...]}</c>. It holds no path, so its hash is the same wherever it lies. References are trained against it and
/// scoring holds them to it.
/// </summary>
/// <param name="Path">Where it was read.</param>
/// <param name="Folds">The assignment.</param>
/// <param name="Sources">The files it covers.</param>
/// <param name="Sha256">Of the file's bytes: what says that two stages mean the same assignment.</param>
public sealed record FoldsFile(string Path, FoldAssignment Folds, IReadOnlyList<FoldSource> Sources, string Sha256)
{
    /// <summary>The file's name in its stage's folder.</summary>
    public const string FileName = "folds.jsonl";

    private const string CurrentKind = "fovea.folds";
    private const int CurrentVersion = 1, MaxFolds = 1024;
    private const long MaxBytes = 4L << 30;

    /// <summary>The file itself, where its folder is given.</summary>
    public static string PathOf(string fileOrFolder) => Directory.Exists(fileOrFolder) ? System.IO.Path.Combine(fileOrFolder, FileName) : fileOrFolder;

    /// <summary>Writes an assignment atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folds">The assignment.</param>
    /// <param name="sources">The files it covers; names are unique.</param>
    public static void Write(string path, FoldAssignment folds, IReadOnlyList<FoldSource> sources) => AtomicFile.Write(path, stream =>
    {
        Line(stream, new Header(CurrentKind, CurrentVersion, folds.Count, folds.Seed, folds.Rows.Count, sources));
        foreach (var row in folds.Rows)
        {
            Line(stream, new Row(row.Key.Source, row.Key.Record, row.LeftOutOf));
        }
    });

    /// <summary>Reads an assignment.</summary>
    /// <param name="fileOrFolder">The file, or the folder that 'fovea folds' wrote.</param>
    /// <exception cref="InvalidInputException">It is missing, torn, or no fold assignment.</exception>
    public static FoldsFile Read(string fileOrFolder)
    {
        var path = PathOf(fileOrFolder);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(path, null, "no such fold assignment; make it with 'fovea folds'");
        }

        try
        {
            using var lines = RegularFile.ReadLines(path, MaxBytes).GetEnumerator();
            var header = HeaderOf(lines.MoveNext() ? lines.Current : "");
            var scored = header.Sources.ToDictionary(s => s.Name, s => s.Scored, StringComparer.Ordinal);
            var rows = new List<FoldRow>();
            while (lines.MoveNext())
            {
                rows.Add(RowOf(lines.Current, header.Count, scored));
            }

            if (rows.Count != header.Samples)
            {
                throw new JsonException($"{rows.Count} of {header.Samples} samples");
            }

            return new FoldsFile(path, FoldAssignment.Of(header.Count, header.Seed, rows), header.Sources, ContentHash.OfFile(path));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidInputException(path, null, $"not a fold assignment, or torn ({JsonReason.InWords(e)}); make it again with 'fovea folds'", e);
        }
    }

    /// <summary>Checks that corpus files are the very ones that folds were assigned over.</summary>
    /// <param name="files">Names of the corpora, by default their files', and paths.</param>
    /// <param name="toBeScored">Whether they must be among those to be scored; else being trained on is enough.</param>
    /// <exception cref="InvalidInputException">A file is not among them, or changed.</exception>
    public void Require(IEnumerable<(string Name, string File)> files, bool toBeScored)
    {
        foreach (var (name, file) in files)
        {
            var source = Sources.FirstOrDefault(s => s.Name == name && (s.Scored || !toBeScored))
                ?? throw new InvalidInputException(file, null, toBeScored
                    ? $"{Path} assigns no folds to this file; give it to 'fovea folds' as --data, and train the references again"
                    : $"{Path} does not cover this file; give it to 'fovea folds' as --data, or as --also-train if it is not scored");
            var hash = ContentHash.OfFile(file);
            if (hash != source.Sha256)
            {
                throw new InvalidInputException(file, null, $"changed since {Path} was made: expected SHA-256 {source.Sha256}, got {hash}; restore it, or run "
                    + $"'fovea folds' and train the references again");
            }
        }
    }

    /// <summary>Whether any sample of a file is left out of any fold's reference.</summary>
    public bool HoldsBack(FoldSource source) => Folds.Rows.Any(r => r.LeftOutOf.Count > 0 && r.Key.Source == source.Name);

    private static void Line<T>(Stream stream, T value)
    {
        JsonSerializer.Serialize(stream, value, StrictJson.Line);
        stream.WriteByte((byte)'\n');
    }

    private static Header HeaderOf(string line)
    {
        var header = JsonSerializer.Deserialize<Header>(line, StrictJson.Line) ?? throw new JsonException("no header");
        return header.Kind == CurrentKind && header.SchemaVersion == CurrentVersion && header.Count is >= 2 and <= MaxFolds
            && header.Sources.All(s => s is not null)
            ? header
            : throw new JsonException($"expected {CurrentKind} of version {CurrentVersion} with 2 to {MaxFolds} folds, got {header.Kind} of "
                + $"version {header.SchemaVersion} with {header.Count}");
    }

    private static FoldRow RowOf(string line, int count, Dictionary<string, bool> scored)
    {
        var row = JsonSerializer.Deserialize<Row>(line, StrictJson.Line) ?? throw new JsonException("an empty row");
        var key = new SampleKey(row.Source, row.Record);
        if (!scored.TryGetValue(row.Source, out var isScored))
        {
            throw new JsonException($"{key} is of no file that the header names");
        }

        return row.LeftOutOf.All(f => f >= 0 && f < count) && (!isScored || row.LeftOutOf.Count == 1)
            ? new FoldRow(key, isScored, row.LeftOutOf)
            : throw new JsonException($"{key} is left out of {string.Join(", ", row.LeftOutOf)}; expected {(isScored ? "one fold" : "folds")} from 0 "
                + $"to {count - 1}");
    }

    private sealed record Header(string Kind, int SchemaVersion, int Count, long Seed, int Samples, IReadOnlyList<FoldSource> Sources);

    private sealed record Row(string Source, int Record, IReadOnlyList<int> LeftOutOf);
}
