using Fovea.Data.Corpora;
using Fovea.Scoring.Folds;

namespace Fovea.Pipeline.Stages;

/// <summary>The assignment of a corpus to folds, on which the references of cross-fitting and their scoring rest.</summary>
public sealed record FoldsStage : IStage
{
    /// <summary>What is to be scored.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>
    /// What references are trained on beside it, not to be scored: by all references but those of the folds with which a sample shares an image.
    /// </summary>
    public IReadOnlyList<DataSource> AlsoTrain { get; init; } = [];

    /// <summary>Number of folds, at least 2.</summary>
    public required int Count { get; init; }

    /// <summary>Of the order in which groups are assigned.</summary>
    public long Seed { get; init; } = 1;

    public string Kind => "folds";

    IReadOnlyCollection<string>? IStage.Outputs => [FoldsFile.FileName];

    public void Check()
    {
        DataSource.Check(Data);
        if (Count < 2)
        {
            throw new UsageException($"--count: expected at least 2 folds, got {Count}");
        }
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).Data("also_train", AlsoTrain).ByRole;

    public bool IsIntact(string folder)
    {
        try
        {
            return FoldsFile.Read(folder).Folds.Count == Count;
        }
        catch (FoveaException)
        {
            return false;
        }
    }

    public JsonObject Run(StageContext context)
    {
        var files = Data.Select(d => (Source: d, Scored: true)).Concat(AlsoTrain.Select(d => (Source: d, Scored: false)));
        var sources = files.Select(f => new FoldSource(f.Source.Source, context.Hasher.OfFile(f.Source.File), f.Scored)).ToArray();
        var invalid = new InvalidRecords(int.MaxValue);
        var corpus = CorpusFiles.Open([.. Data, .. AlsoTrain], invalid);
        var scored = sources.Where(s => s.Scored).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var samples = corpus.Samples.ToLookup(s => scored.Contains(s.Key.Source));
        var folds = FoldAssignment.ByImage([.. samples[true]], Count, Seed, [.. samples[false]]);
        var path = Path.Combine(context.Out, FoldsFile.FileName);
        FoldsFile.Write(path, folds, sources);
        LeftOutRecords.List(invalid, context, Kind);
        var sizes = Enumerable.Range(0, Count).Select(k => folds.Rows.Count(r => r.IsScored && r.LeftOutOf[0] == k)).ToArray();
        return new JsonObject
        {
            ["folds"] = Count,
            ["samples"] = sizes.Sum(),
            ["smallest_fold"] = sizes.Min(),
            ["largest_fold"] = sizes.Max(),
            ["also_trained"] = folds.Rows.Count(r => !r.IsScored),
            ["also_trained_left_out"] = folds.Rows.Count(r => !r.IsScored && r.LeftOutOf.Count > 0),
            ["invalid"] = invalid.Records.Count,
            ["invalid_reasons"] = LeftOutRecords.Reasons(invalid.Records),
            ["sha256"] = ContentHash.OfFile(path),
        };
    }
}
