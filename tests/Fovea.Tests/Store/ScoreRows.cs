using Fovea.Core.Samples;
using Fovea.Core.Scores;

namespace Fovea.Tests.Store;

/// <summary>Score rows for tests.</summary>
internal static class ScoreRows
{
    public static readonly IReadOnlyDictionary<string, string> Provenance =
        new Dictionary<string, string> { ["model"] = "m", ["proxy"] = "blur4", ["threads"] = "1" };

    /// <summary>A scored sample; the last target of each is an end token.</summary>
    public static TokenScores Scored(int record, float[] image, float[] blind, int[]? ends = null) => Of(record, image.Length, true) with
    {
        EndTargets = ends ?? [image.Length - 1],
        LogProbs = new Dictionary<string, float[]> { [Conditions.Image] = image, [Conditions.Visionless("blur")] = blind },
    };

    public static TokenScores TextOnly(int record, int targets) => Of(record, targets, false);

    public static TokenScores Invalid(int record, string reason) => Of(record, 2, true) with { InvalidReason = reason };

    public static TokenScores[] Several(int first, int count) => [.. Enumerable.Range(first, count).Select(r =>
        r % 7 == 3 ? TextOnly(r, 4) : Scored(r, [-0.5f - r, -1.5f, -0.25f], [-1f, -2f, float.NaN]))];

    private static TokenScores Of(int record, int targets, bool hasImage) => new()
    {
        Key = new SampleKey("data.json", record),
        Id = record % 2 == 0 ? $"id{record}" : null,
        TextFingerprint = $"text{record}",
        ContextFingerprint = hasImage ? $"context{record}" : null,
        ConversationFingerprint = $"conversation{record}",
        ImageHash = hasImage ? $"image{record}" : null,
        HasImage = hasImage,
        TargetIds = [.. Enumerable.Range(10 + record, targets)],
        EndTargets = [targets - 1],
        LogProbs = new Dictionary<string, float[]>(),
    };
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fovea").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
