using Fovea.Models.Batching;
using Fovea.Models.Targets;
using TorchSharp;

namespace Fovea.Scoring;

/// <summary>A few samples in the making: tokenized together, scored condition by condition, each leaves with its reason at its first failure.</summary>
internal sealed class ScoringWindow
{
    private readonly WindowItem[] _items;

    public ScoringWindow(ScoringSource source, int first, int count)
    {
        _items = new WindowItem[count];
        for (var i = 0; i < count; i++)
        {
            var index = first + i;
            var item = _items[i] = new WindowItem(source.Head(index));
            item.Try(() => item.Tokens = Storable(source.Tokenize(index)));
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/>, which loads images, for each sample that is to be scored, on up to <paramref name="threads"/> threads, at least one.
    /// </summary>
    public void ForEach(int threads, Action<int, TokenizedSample> work, CancellationToken unwanted)
    {
        try
        {
            Parallel.For(0, _items.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = unwanted },
                i => _items[i].Try(() => work(i, _items[i].Tokens!), onlyScored: true));
        }
        catch (AggregateException e) when (e.InnerException is FoveaException inner)
        {
            throw inner;
        }
    }

    /// <summary>Scores one condition of the samples that <paramref name="expand"/> gives a sequence; null leaves a sample to another call.</summary>
    /// <param name="condition">The condition's name.</param>
    /// <param name="compute">The model at work.</param>
    /// <param name="step">Budget, and when to stop.</param>
    /// <param name="expand">By place in the window.</param>
    /// <exception cref="FoveaException">There is not enough memory for a batch of one sample.</exception>
    public void Score(string condition, BatchScores compute, ScoringStep step, Func<int, TokenizedSample, ExpandedSample?> expand)
    {
        var rows = Expanded(Enumerable.Range(0, _items.Length), expand);
        foreach (var batch in TokenBudget.Plan(rows.ConvertAll(r => r.Sample.InputIds.Length), step.TokenBudget))
        {
            ScoreBatch(condition, compute, step, [.. batch.Select(b => rows[b])]);
        }
    }

    /// <summary>
    /// Scores several conditions of the same samples, batch by batch, and the divergence of the others' predictions from the first one's. Batches are those
    /// of the first condition alone: which others there are changes none of them.
    /// </summary>
    /// <param name="conditions">Their names.</param>
    /// <param name="compute">The model at work.</param>
    /// <param name="step">Budget, and when to stop.</param>
    /// <param name="expand">By condition and place in the window.</param>
    /// <exception cref="FoveaException">There is not enough memory for a batch of one sample.</exception>
    public void ScoreTogether(IReadOnlyList<string> conditions, BatchScores compute, ScoringStep step, Func<int, int, TokenizedSample, ExpandedSample> expand)
    {
        var rows = Expanded(Enumerable.Range(0, _items.Length), (i, sample) => expand(0, i, sample));
        foreach (var batch in TokenBudget.Plan(rows.ConvertAll(r => r.Sample.InputIds.Length), step.TokenBudget))
        {
            Row[] own = [.. batch.Select(b => rows[b])];
            ScoreBatch(conditions[0], compute, step, own, (logits, laidOut) =>
            {
                for (var c = 1; c < conditions.Count; c++)
                {
                    var (at, condition) = (c, conditions[c]);
                    Row[] others = [.. Expanded(own.Select(r => r.Place), (i, sample) => expand(at, i, sample))];
                    ScoreBatch(condition, compute, step, others, (theirs, theirBatch) =>
                    {
                        for (var b = 0; b < others.Length; b++)
                        {
                            var first = Array.FindIndex(own, r => r.Place == others[b].Place);
                            var (start, otherStart) = (laidOut.TargetOffsets[first], theirBatch.TargetOffsets[b]);
                            var count = Math.Min(laidOut.TargetOffsets[first + 1] - start, theirBatch.TargetOffsets[b + 1] - otherStart);
                            var divergence = TargetLogProbs.Divergence(logits, start, theirs, otherStart, count);
                            _items[others[b].Place].Try(() => _items[others[b].Place].AddDivergence(condition, divergence));
                        }
                    });
                }
            });
        }
    }

    private List<Row> Expanded(IEnumerable<int> places, Func<int, TokenizedSample, ExpandedSample?> expand)
    {
        var rows = new List<Row>();
        foreach (var i in places)
        {
            var item = _items[i];
            item.Try(() =>
            {
                if (expand(i, item.Tokens!) is { } expanded)
                {
                    rows.Add(new Row(i, expanded));
                }
            }, onlyScored: true);
        }

        return rows;
    }

    private void ScoreBatch(string condition, BatchScores compute, ScoringStep step, Row[] rows, Action<torch.Tensor, ModelBatch>? read = null)
    {
        if (rows.Length == 0)
        {
            return;
        }

        step.Stop.ThrowIfCancellationRequested();
        var facts = Compute(compute, Array.ConvertAll(rows, r => r.Sample), read);
        for (var b = 0; b < rows.Length; b++)
        {
            var (item, scored) = (_items[rows[b].Place], facts[b]);
            item.Try(() => item.Add(condition, scored));
        }
    }

    /// <summary>The window's scores, in record order.</summary>
    /// <param name="contextSeen">Whether scores depend on the whole context.</param>
    /// <param name="imageHash">Hash of a scored sample's image files, by place in the window.</param>
    public IReadOnlyList<TokenScores> Finish(bool contextSeen, Func<int, string?>? imageHash = null) =>
        [.. _items.Select((item, i) => item.Scores(contextSeen, imageHash?.Invoke(i)))];

    private static TokenizedSample Storable(TokenizedSample sample) => sample.TargetIndices.Length <= TokenScores.MaxTargets
        ? sample
        : throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
            $"too_long: expected at most {TokenScores.MaxTargets} targets, got {sample.TargetIndices.Length}; split the record");

    private static TargetScores[] Compute(BatchScores compute, ExpandedSample[] batch, Action<torch.Tensor, ModelBatch>? read)
    {
        try
        {
            return compute(batch, read);
        }
        catch (Exception e) when (batch.Length == 1 && AllocationFailure.Is(e))
        {
            throw AllocationFailure.ToError(e, $"one sample of {batch[0].InputIds.Length} tokens",
                "free memory, or lower --max-length, or use a smaller model");
        }
    }

    private sealed record Row(int Place, ExpandedSample Sample);
}
