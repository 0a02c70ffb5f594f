using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Scoring.Batching;

namespace Fovea.Scoring;

/// <summary>A few samples in the making: tokenized together, scored condition by condition, each dropping out with its reason at its first failure.</summary>
internal sealed class ScoringWindow
{
    private readonly Item[] _items;

    public ScoringWindow(ScoringSource source, int first, int count)
    {
        _items = new Item[count];
        for (var i = 0; i < count; i++)
        {
            var index = first + i;
            var item = _items[i] = new Item(source.Head(index));
            item.Try(() => item.Tokens = source.Tokenize(index));
        }
    }

    /// <summary>Runs <paramref name="work"/> for each sample that is to be scored, on up to <paramref name="threads"/> threads.</summary>
    public void ForEach(int threads, Action<int, TokenizedSample> work, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(0, _items.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
                i => _items[i].Try(() => work(i, _items[i].Tokens!), onlyScored: true));
        }
        catch (AggregateException e) when (e.InnerException is FoveaException inner)
        {
            throw inner;
        }
    }

    /// <summary>Scores one condition of the samples that <paramref name="expand"/> gives a sequence; null leaves a sample to another call.</summary>
    public void Score(
        string condition, VisionLanguageModel model, int tokenBudget, Func<int, TokenizedSample, ExpandedSample?> expand, CancellationToken cancellation)
    {
        var rows = new List<(Item Item, ExpandedSample Expanded)>();
        for (var i = 0; i < _items.Length; i++)
        {
            var item = _items[i];
            item.Try(() =>
            {
                if (expand(i, item.Tokens!) is { } expanded)
                {
                    CheckContext(item.Tokens!, expanded);
                    rows.Add((item, expanded));
                }
            }, onlyScored: true);
        }

        foreach (var batch in TokenBudget.Plan(rows.ConvertAll(r => r.Expanded.InputIds.Length), tokenBudget))
        {
            cancellation.ThrowIfCancellationRequested();
            var logProbs = TargetLogProbs.Compute(model, [.. batch.Select(b => rows[b].Expanded)]);
            for (var b = 0; b < batch.Length; b++)
            {
                var (item, scored) = (rows[batch[b]].Item, logProbs[b]);
                item.Try(() => item.LogProbs[condition] = AllTargets(item.Tokens!, condition, scored));
            }
        }
    }

    /// <summary>The window's scores, in record order.</summary>
    /// <param name="contextSeen">Whether scores depend on the whole context.</param>
    /// <param name="imageHash">Hash of a scored sample's image files.</param>
    public IReadOnlyList<TokenScores> Finish(bool contextSeen, Func<TokenizedSample, string?>? imageHash) =>
        Array.ConvertAll(_items, item =>
        {
            string? hash = null;
            item.Try(() => hash = imageHash?.Invoke(item.Tokens!), onlyScored: true);
            return item.Scores(contextSeen, hash);
        });

    private static void CheckContext(TokenizedSample sample, ExpandedSample expanded)
    {
        if (expanded.TargetIndices[0] == 0)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                "no_context: the first target is the first token, so that nothing predicts it; use a tokenizer with a first token or another proxy");
        }
    }

    // Targets that the length limit cut off were not scored: NaN.
    private static float[] AllTargets(TokenizedSample sample, string condition, float[] scored)
    {
        var values = new float[sample.TargetIndices.Length];
        values.AsSpan(scored.Length).Fill(float.NaN);
        for (var t = 0; t < scored.Length; t++)
        {
            values[t] = float.IsFinite(scored[t])
                ? scored[t]
                : throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"not_finite: log-probability {scored[t]} of target {t} under {condition}");
        }

        return values;
    }

    private sealed class Item(SampleHead head)
    {
        private string? _reason;

        public TokenizedSample? Tokens { get; set; }

        public Dictionary<string, float[]> LogProbs { get; } = new(StringComparer.Ordinal);

        public void Try(Action work, bool onlyScored = false)
        {
            if (_reason is not null || (onlyScored && head.Images.Count == 0))
            {
                return;
            }

            try
            {
                work();
            }
            catch (InvalidInputException e)
            {
                var where = $"{head.Key.Source}, record {head.Key.Record}: ";
                _reason = e.Message.StartsWith(where, StringComparison.Ordinal) ? e.Message[where.Length..] : e.Message;
            }
        }

        public TokenScores Scores(bool contextSeen, string? imageHash) => new()
        {
            Key = head.Key,
            Id = head.Id,
            TextFingerprint = Tokens?.TextFingerprint ?? "",
            ContextFingerprint = contextSeen ? Tokens?.ContextFingerprint : null,
            ImageHash = _reason is null ? imageHash : null,
            HasImage = head.Images.Count > 0,
            InvalidReason = _reason,
            TargetIds = Tokens?.TargetIds() ?? [],
            EndTargets = Tokens?.EndTargets ?? [],
            LogProbs = _reason is null ? LogProbs : new Dictionary<string, float[]>(),
        };
    }
}
