using Fovea.Data.Corpora;
using Fovea.Scoring.Folds;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// Holds a share of a corpus out, by image: an assignment to two folds, of which fold 0 is what is held out. Training leaves it out (<c>folds</c>,
/// <c>leave_out_fold: 0</c>), and an evaluation reads it alone (<c>folds</c>, <c>fold: 0</c>).
/// </summary>
public sealed record SplitStage : IStage
{
    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Share of the samples to hold out, above 0 and below 1.</summary>
    public double Share { get; init; } = 0.1;

    /// <summary>Of the order in which images are taken.</summary>
    public long Seed { get; init; } = 1;

    public string Kind => "split";

    IReadOnlyCollection<string>? IStage.Outputs => [FoldsFile.FileName];

    public void Check()
    {
        DataSource.Check(Data);
        if (!(Share > 0 && Share < 1))
        {
            throw new FoveaException(FormattableString.Invariant($"'share': expected above 0 and below 1, got {Share}"));
        }
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).ByRole;

    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, FoldsFile.FileName));

    public JsonObject Run(StageContext context)
    {
        var invalid = new InvalidRecords(int.MaxValue);
        var folds = FoldAssignment.ByShare(CorpusFiles.Open(Data, invalid).Samples, Share, Seed);
        FoldsFile.Write(Path.Combine(context.Out, FoldsFile.FileName), folds,
            [.. Data.Select(d => new FoldSource(d.Source, context.Hasher.OfFile(d.File), Scored: true))]);
        var heldOut = folds.Rows.Count(r => r.LeftOutOf[0] == 0);
        return new JsonObject { ["samples"] = folds.Rows.Count, ["held_out"] = heldOut, ["train"] = folds.Rows.Count - heldOut, ["invalid"] = invalid.Records.Count };
    }
}
