using Fovea.Training.State;

namespace Fovea.Training.Checkpoints;

/// <summary>
/// A run's checkpoints, <c>step-00000100</c> and so on. Each is written aside and renamed when it is whole, and checked by hash before it is used.
/// </summary>
/// <param name="folder">Of all checkpoints.</param>
/// <param name="keep">Newest ones to keep; the best one stays besides.</param>
/// <param name="files">The disk.</param>
internal sealed class CheckpointStore(string folder, int keep, IFileLayer files)
{
    /// <summary>Name of the folder of a run's checkpoints.</summary>
    public const string FolderName = "checkpoints";

    private const string Prefix = "step-";
    private const string AsidePrefix = ".step-";

    /// <summary>Of all checkpoints.</summary>
    public string Folder => folder;

    /// <summary>Of the run that they are of.</summary>
    public string RunFolder => Path.GetDirectoryName(folder)!;

    /// <summary>A step whose checkpoint stays, however many are newer; null for none.</summary>
    public long? Pinned { get; set; }

    /// <summary>Where the checkpoint of a step lies.</summary>
    public string PathOf(long step) => Path.Combine(folder, Prefix + step.ToString("D8", CultureInfo.InvariantCulture));

    /// <summary>Where the checkpoint of a step is written before it is whole.</summary>
    public string AsideOf(long step) => Aside(PathOf(step));

    /// <summary>
    /// Makes a folder that holds all files but the state a checkpoint, and deletes those that are older than the newest ones to keep (but the best one)
    /// and any later one, which was found damaged.
    /// </summary>
    public void Commit(string aside, TrainerState state)
    {
        var target = PathOf(state.Step);
        AtomicFile.WriteText(Path.Combine(aside, TrainerState.FileName), state.Write(), files);
        Remove(target);
        files.Move(aside, target);
        var steps = Steps();
        foreach (var old in steps.Where(s => s > state.Step).Concat(steps.Where(s => s <= state.Step).OrderDescending().Skip(keep))
            .Where(s => s != state.Best?.Step && (s != Pinned || s > state.Step)))
        {
            Remove(PathOf(old));
        }
    }

    /// <summary>
    /// The whole checkpoints, newest first, each checked as it is asked for. Damaged ones are reported to <paramref name="notice"/> and skipped.
    /// </summary>
    public IEnumerable<TrainerState> Whole(Action<string> notice) =>
        Steps().OrderDescending().Select(step => TryVerify(step, "using the one before it", notice)).OfType<TrainerState>();

    /// <summary>Whether the checkpoint of a step is there and whole; reported to <paramref name="notice"/> if not.</summary>
    public bool IsWhole(long step, Action<string> notice) => TryVerify(step, "its model is not written", notice) is not null;

    private TrainerState? TryVerify(long step, string consequence, Action<string> notice)
    {
        try
        {
            return Verify(step);
        }
        catch (Exception e) when (e is FoveaException or IOException or UnauthorizedAccessException)
        {
            notice($"checkpoint {PathOf(step)} is damaged ({e.Message}); {consequence}");
            return null;
        }
    }

    private TrainerState Verify(long step)
    {
        var path = PathOf(step);
        var state = TrainerState.Read(RegularFile.ReadAllText(Path.Combine(path, TrainerState.FileName), RegularFile.MaxJson));
        if (state.Step != step)
        {
            throw new FoveaException($"{TrainerState.FileName} is of step {state.Step}");
        }

        var files = HashFiles(path);
        foreach (var (name, hash) in state.Files)
        {
            if (files.GetValueOrDefault(name) is not { } now)
            {
                throw new FoveaException($"{name} is missing");
            }

            if (now != hash)
            {
                throw new FoveaException($"{name} does not agree with its checksum");
            }
        }

        return state;
    }

    private static SortedDictionary<string, string> HashFiles(string path) => new(
        Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(path, f).Replace('\\', '/'), ContentHash.OfFile)
            .Where(f => f.Key != TrainerState.FileName).ToDictionary(), StringComparer.Ordinal);

    /// <summary>Steps that have a checkpoint, whole or not.</summary>
    public long[] Steps() => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateDirectories(folder, Prefix + "*").Select(d => Path.GetFileName(d)[Prefix.Length..])
            .Select(n => long.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1).Where(s => s >= 0)];

    // A folder half deleted must not look like a checkpoint.
    private void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            var aside = Aside(path) + ".old";
            files.Delete(aside);
            files.Move(path, aside);
            files.Delete(aside);
        }
    }

    /// <summary>Deletes what a killed process had not finished.</summary>
    public void RemoveLeftovers()
    {
        foreach (var aside in Directory.Exists(folder) ? Directory.GetDirectories(folder, AsidePrefix + "*") : [])
        {
            files.Delete(aside);
        }
    }

    private string Aside(string path) => Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
}
