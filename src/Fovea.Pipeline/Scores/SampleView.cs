using Fovea.Pipeline.Stages;
using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>One sample of a score store, token by token.</summary>
public sealed record SampleView(TokenScores Scores, IReadOnlyDictionary<int, string> Tokens)
{
    /// <summary>Finds a sample by its key.</summary>
    /// <exception cref="FoveaException">There is none, or several files have such a record.</exception>
    public static SampleView Find(ScoreStoreReader store, string? source, int record)
    {
        var found = store.Find(source, record);
        return found.Count switch
        {
            1 => new SampleView(found[0], TokensOf(store, found[0])),
            0 => throw new InvalidInputException(store.Folder, null, $"no sample {source ?? "(any file)"}, record {record}"),
            _ => throw new UsageException($"--source: {string.Join(", ", found.Select(f => f.Key.Source))} have a record {record}; name one"),
        };
    }

    /// <summary>The questions of the sample; null where its corpus is not at hand, or has an unusable record in its place.</summary>
    public IReadOnlyList<string>? Questions { get; init; }

    /// <summary>Why there are no questions; null where there are.</summary>
    public string? NoQuestions { get; init; }

    /// <summary>
    /// The same with its questions, read from the corpus that the store was scored from; those of another text than was scored are not shown.
    /// </summary>
    public SampleView WithQuestions(string store)
    {
        if (StoreOrigin.TryOpen(store, out var reason) is not { Corpus: var corpus })
        {
            return this with { NoQuestions = reason };
        }

        var sample = corpus.Corpus.Samples.FirstOrDefault(s => s.Key == Scores.Key);
        var mismatch = sample is null || Scores.InvalidReason is not null ? null : Mismatch(sample, corpus.Encoder);
        return sample is null && Scores.InvalidReason is not null ? this
            : sample is null ? this with { NoQuestions = "the corpus has no such record any more" }
            : mismatch is not null ? this with { NoQuestions = $"the corpus's record is not what was scored ({mismatch})" }
            : this with { Questions = [.. sample.Turns.Where(t => t.Role != Role.Assistant).Select(t => t.Text)] };
    }

    private string? Mismatch(Sample sample, ISampleEncoder encoder)
    {
        try
        {
            return Scores.Mismatch(encoder.Encode(sample));
        }
        catch (InvalidInputException e)
        {
            return e.Reason;
        }
    }

    /// <summary>Every score of a target that is made of log-probabilities.</summary>
    public IReadOnlyList<DerivedScore> Derived { get; } = [.. DerivedScore.AllOf(Scores)];

    /// <summary>Numbers of targets that are stored beside log-probabilities: column of the store, head of a narrow column, <c>[targets]</c>.</summary>
    public IReadOnlyList<(string Key, string Head, float[] Values)> Facts { get; } =
    [
        .. Scores.Divergence.Select(f => ("kl." + f.Key, "KL " + ScoreNames.ColumnHead(f.Key), f.Value)),
        .. Scores.Entropy.Select(f => ("entropy." + f.Key, "entropy " + ScoreNames.ColumnHead(f.Key), f.Value)),
        .. Scores.Logits.Select(f => ("logit." + f.Key, "logit " + ScoreNames.ColumnHead(f.Key), f.Value)),
    ];

    /// <summary>All that is known of it.</summary>
    public JsonObject ToJson() => new()
    {
        ["source"] = Scores.Key.Source,
        ["record"] = Scores.Key.Record,
        ["id"] = Scores.Id,
        ["questions"] = Questions is null ? null : new JsonArray([.. Questions.Select(q => (JsonNode)q)]),
        ["text_fingerprint"] = Scores.TextFingerprint,
        ["context_fingerprint"] = Scores.ContextFingerprint,
        ["conversation_fingerprint"] = Scores.ConversationFingerprint,
        ["image_hash"] = Scores.ImageHash,
        ["has_image"] = Scores.HasImage,
        ["invalid_reason"] = Scores.InvalidReason,
        ["targets"] = new JsonArray([.. Enumerable.Range(0, Scores.TargetIds.Length).Select(Target)]),
    };

    private static Dictionary<int, string> TokensOf(ScoreStoreReader store, TokenScores scores)
    {
        var wanted = scores.TargetIds.ToHashSet();
        return store.ReadTokens().Where(t => wanted.Contains(t.Id)).ToDictionary(t => t.Id, t => t.Text);
    }

    private JsonObject Target(int t)
    {
        var target = new JsonObject
        {
            ["position"] = t,
            ["token_id"] = Scores.TargetIds[t],
            ["token"] = Tokens.GetValueOrDefault(Scores.TargetIds[t]),
            ["is_end"] = Scores.EndTargets.Contains(t),
        };
        foreach (var (condition, values) in Scores.LogProbs)
        {
            target["log_prob." + condition] = float.IsNaN(values[t]) ? null : values[t];
        }

        foreach (var (key, _, values) in Facts)
        {
            target[key] = float.IsNaN(values[t]) ? null : values[t];
        }

        foreach (var score in Derived)
        {
            target[score.Key] = score.Of(Scores, t) is var value && double.IsNaN(value) ? null : value;
        }

        return target;
    }
}
