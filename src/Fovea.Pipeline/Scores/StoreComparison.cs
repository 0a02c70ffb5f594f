using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>Two score stores of one corpus beside each other.</summary>
/// <param name="A">Folder of the first.</param>
/// <param name="B">Folder of the second.</param>
/// <param name="Samples">Samples in each.</param>
/// <param name="Scores">What both hold: each condition, and VIG against each visionless one.</param>
/// <param name="OnlyInA">Conditions of the first alone.</param>
/// <param name="OnlyInB">Conditions of the second alone.</param>
/// <param name="ScoredInOne">Samples that one of them scored and the other did not.</param>
public sealed record StoreComparison(
    string A, string B, int Samples, IReadOnlyList<ComparedScore> Scores, IReadOnlyList<string> OnlyInA, IReadOnlyList<string> OnlyInB,
    IReadOnlyList<SampleKey> ScoredInOne)
{
    private const int MostNamed = 3;

    /// <summary>Whether every number of both is the same, bit for bit, and neither holds more.</summary>
    public bool AreEqual => OnlyInA.Count + OnlyInB.Count + ScoredInOne.Count == 0 && Scores.All(s => s.Different + s.ScoredInOne == 0);

    /// <summary>Reads both, a few shards of each at a time.</summary>
    /// <param name="a">One store.</param>
    /// <param name="b">Another one.</param>
    /// <param name="top">How many tokens of each score to keep, those that differ most.</param>
    /// <param name="stop">Ends the work.</param>
    /// <exception cref="FoveaException">They are not of one corpus, tokenizer and template: the sample is named.</exception>
    public static StoreComparison Of(ScoreStoreReader a, ScoreStoreReader b, int top, CancellationToken stop)
    {
        var scores = new SortedDictionary<string, ComparedScore>(StringComparer.Ordinal);
        var (onlyA, onlyB) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        var (inOne, samples) = (new List<SampleKey>(), 0);
        using var others = b.ReadAhead().GetEnumerator();
        foreach (var row in a.ReadAhead())
        {
            stop.ThrowIfCancellationRequested();
            if (!others.MoveNext())
            {
                throw new InvalidInputException(row.Key.Source, row.Key.Record,
                    $"expected in both score stores, got none in {b.Folder}; score one corpus into both");
            }

            var other = others.Current;
            Agree(a, b, row, other);
            samples++;
            if ((row.LogProbs.Count > 0) != (other.LogProbs.Count > 0))
            {
                inOne.Add(row.Key);
                continue;
            }

            onlyA.UnionWith(row.LogProbs.Keys.Except(other.LogProbs.Keys));
            onlyB.UnionWith(other.LogProbs.Keys.Except(row.LogProbs.Keys));
            Add(scores, row, other, top);
        }

        if (others.MoveNext())
        {
            var more = others.Current.Key;
            throw new InvalidInputException(more.Source, more.Record, $"expected in both score stores, got none in {a.Folder}; score one corpus into both");
        }

        return new StoreComparison(a.Folder, b.Folder, samples, [.. scores.Values], [.. onlyA], [.. onlyB], inOne);
    }

    /// <summary>All of it.</summary>
    public JsonObject ToJson() => new()
    {
        ["a"] = A,
        ["b"] = B,
        ["equal"] = AreEqual,
        ["samples"] = Samples,
        ["only_in_a"] = new JsonArray([.. OnlyInA.Select(c => (JsonNode)c)]),
        ["only_in_b"] = new JsonArray([.. OnlyInB.Select(c => (JsonNode)c)]),
        ["samples_scored_in_one"] = new JsonArray([.. ScoredInOne.Select(k => new JsonObject { ["source"] = k.Source, ["record"] = k.Record })]),
        ["scores"] = new JsonObject(Scores.Select(s => KeyValuePair.Create(s.Name, (JsonNode?)s.ToJson()))),
    };

    /// <summary>A table, what only one of them holds, and the tokens that differ most.</summary>
    public IEnumerable<string> Lines()
    {
        var width = Scores.Select(s => s.Name.Length).Append(5).Max();
        yield return $"{"score".PadRight(width)} {"tokens",10} {"differ",10} {"beyond",8} {"largest",10} {"mean |d|",10} {"mean d",10} "
            + $"{"rho tokens",10} {"samples",8} {"largest",10} {"rho",8}";
        foreach (var s in Scores)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{s.Name.PadRight(width)} {s.Tokens,10} {s.Different,10} {s.Beyond,8} {s.Largest,10:G4} "
                + $"{s.MeanAbsolute,10:G4} {s.Mean,10:G4} {s.TokenRank,10:F4} {s.Samples,8} {s.LargestSample,10:G4} {s.SampleRank,8:F4}");
        }

        yield return "d is B's number less A's, in nats; beyond: |d| above 1e-5 + 1e-6 |A|; rho: Spearman's, of tokens within a sample (mean), and of samples by their "
            + "means";
        foreach (var (folder, only) in new[] { (A, OnlyInA), (B, OnlyInB) }.Where(o => o.Item2.Count > 0))
        {
            yield return $"only in {folder}: {string.Join(", ", only)}";
        }

        if (ScoredInOne.Count > 0)
        {
            var more = ScoredInOne.Count > MostNamed ? ", ..." : "";
            yield return $"scored in one of them alone: {ScoredInOne.Count} samples ({string.Join(", ", ScoredInOne.Take(MostNamed))}{more})";
        }

        foreach (var s in Scores.Where(s => s.Parting.Count > 0))
        {
            yield return $"{s.Name}: where they part";
            foreach (var token in s.Parting)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"  {token.Key} target {token.Target} (id {token.TokenId}): {token.A} and {token.B}");
            }
        }

        yield return AreEqual ? "equal: every number, bit for bit" : "not equal";
    }

    private static void Add(SortedDictionary<string, ComparedScore> scores, TokenScores row, TokenScores other, int top)
    {
        var shared = row.LogProbs.Keys.Where(other.LogProbs.ContainsKey).ToArray();
        ComparedScore For(string name) => scores.TryGetValue(name, out var score) ? score : scores[name] = new ComparedScore(name, top);
        foreach (var condition in shared)
        {
            var (x, y) = (row.LogProbs[condition], other.LogProbs[condition]);
            For("log_prob." + condition).Add(row, Doubles(x), Doubles(y));
            if (condition != Conditions.Image && condition != Conditions.TextOnlyReference && shared.Contains(Conditions.Image))
            {
                For("vig." + condition).Add(row, TokenMeasures.Differences(row.LogProbs[Conditions.Image], x),
                    TokenMeasures.Differences(other.LogProbs[Conditions.Image], y));
            }
        }
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values[..ScoredTargets.Count(values)], v => (double)v);

    private static void Agree(ScoreStoreReader a, ScoreStoreReader b, TokenScores row, TokenScores other)
    {
        if (row.Key != other.Key)
        {
            throw new InvalidInputException(row.Key.Source, row.Key.Record,
                $"expected in both score stores, got {other.Key} in {b.Folder}; score one corpus into both");
        }

        foreach (var (what, expected, got) in new[]
        {
            ("text fingerprint", row.TextFingerprint, other.TextFingerprint), ("context fingerprint", row.ContextFingerprint, other.ContextFingerprint),
            ("conversation fingerprint", row.ConversationFingerprint, other.ConversationFingerprint), ("image hash", row.ImageHash, other.ImageHash),
        })
        {
            if (row.InvalidReason is null && other.InvalidReason is null && expected is not null && got is not null && expected != got)
            {
                throw new InvalidInputException(row.Key.Source, row.Key.Record,
                    $"{what}: expected {expected} ({a.Folder}), got {got} ({b.Folder}); score the same text "
                    + $"and images, with the same tokenizer and template");
            }
        }
    }
}
