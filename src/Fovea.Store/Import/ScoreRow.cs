using System.Collections.ObjectModel;

namespace Fovea.Store.Import;

/// <summary>A sample's scores as another engine hands them over (docs/import.md). Nothing in it is checked but its form.</summary>
public sealed record ScoreRow
{
    /// <summary>Before the name of a condition in the names of its keys.</summary>
    public const string LogProbPrefix = "log_prob.";

    /// <summary>Which sample.</summary>
    public required SampleKey Key { get; init; }

    /// <summary>The file that the row is in.</summary>
    public required string File { get; init; }

    /// <summary>Which row of the file, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Ids of the targets: <c>[targets]</c>; null where the row has none.</summary>
    public int[]? TargetIds { get; init; }

    /// <summary>Condition -> natural-log probabilities <c>[targets]</c>; NaN where a value is missing.</summary>
    public IReadOnlyDictionary<string, float[]> LogProbs { get; init; } = ReadOnlyDictionary<string, float[]>.Empty;

    /// <summary>Why the sample could not be scored; null for one that was.</summary>
    public string? InvalidReason { get; init; }

    /// <summary>Fingerprints and image hash that the sample must have, by the names of their keys.</summary>
    public IReadOnlyDictionary<string, string> Fingerprints { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The keys of <see cref="Fingerprints"/>.</summary>
    public static IReadOnlyList<string> FingerprintKeys { get; } = ["text_fingerprint", "context_fingerprint", "conversation_fingerprint", "image_hash"];

    /// <summary>An error at this row, which begins with the sample.</summary>
    public InvalidInputException Error(string reason) => new(File, Index, $"{Key}: {reason}");
}
