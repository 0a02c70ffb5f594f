using System.Text.Json.Serialization;

namespace Fovea.Store;

/// <summary>What a score store holds, in numbers.</summary>
/// <param name="Samples">Samples of the corpus.</param>
/// <param name="Scored">Those with log-probabilities.</param>
/// <param name="TextOnly">Those without an image that could be used: listed, not scored.</param>
/// <param name="Invalid">Those that could not be scored.</param>
/// <param name="Targets">Targets of all samples but the invalid ones.</param>
/// <param name="Conditions">Condition -> samples that have it.</param>
/// <remarks>Samples are the scored, the text-only and the invalid ones together.</remarks>
public sealed record StoreSummary(int Samples, int Scored, int TextOnly, int Invalid, long Targets, IReadOnlyDictionary<string, int> Conditions)
{
    /// <summary>The samples that could not be scored, with their reasons, in record order.</summary>
    [JsonIgnore]
    public IReadOnlyList<(SampleKey Key, string Reason)> InvalidSamples { get; private init; } = [];

    /// <summary>Counts over a whole store.</summary>
    /// <exception cref="Core.Errors.FoveaException">A shard cannot be read (named).</exception>
    public static StoreSummary Of(ScoreStoreReader store)
    {
        int samples = 0, scored = 0, textOnly = 0;
        var invalid = new List<(SampleKey, string)>();
        long targets = 0;
        var conditions = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in store.ReadAhead())
        {
            samples++;
            if (row.InvalidReason is { } reason)
            {
                invalid.Add((row.Key, reason));
                continue;
            }

            targets += row.TargetIds.Length;
            scored += row.LogProbs.Count > 0 ? 1 : 0;
            textOnly += row.LogProbs.Count > 0 ? 0 : 1;
            foreach (var condition in row.LogProbs.Keys)
            {
                conditions[condition] = conditions.GetValueOrDefault(condition) + 1;
            }
        }

        return new StoreSummary(samples, scored, textOnly, invalid.Count, targets, conditions) { InvalidSamples = invalid };
    }
}
