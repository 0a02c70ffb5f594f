using Fovea.Data.Corpora;
using Fovea.Store;
using Fovea.Store.Export;

namespace Fovea.Pipeline.Stages;

/// <summary>A corpus's samples with their weights, as other trainers take them: rows that are trained on, and counts of those that are not.</summary>
/// <param name="corpus">The corpus.</param>
/// <param name="weights">Its weights; null: each target weighs 1.</param>
/// <param name="layout">Of image tokens and length.</param>
/// <param name="stop">Ends the work.</param>
public sealed class WeightedRows(ScoringCorpus corpus, WeightsFile? weights, ExportLayout layout, CancellationToken stop)
{
    private readonly WeightNormalization _normalization = weights?.Normalization ?? WeightNormalization.None;

    /// <summary>Samples that the weights leave out, so far.</summary>
    public int Dropped { get; private set; }

    /// <summary>Samples that cannot be used, so far.</summary>
    public InvalidRecords Invalid => corpus.Invalid;

    /// <summary>The rows, made as they are asked for.</summary>
    /// <exception cref="FoveaException">More samples cannot be used than may be, or the weights are not of this corpus.</exception>
    public IEnumerable<ExportedSample> Rows() => Each((_, tokens, row) => ExportedSample.Of(tokens, row, _normalization, layout));

    /// <summary>The same as conversations, each answer with the weights of its tokens.</summary>
    /// <inheritdoc cref="Rows"/>
    public IEnumerable<WeightedConversation> Conversations() =>
        Each((sample, tokens, row) => WeightedConversation.Of(sample, tokens, row, _normalization, layout));

    /// <summary>What became of the corpus, as the document of <c>--json</c>.</summary>
    /// <param name="rows">How many rows were written.</param>
    /// <param name="file">Where to.</param>
    public JsonObject ToJson(int rows, string file) => new()
    {
        ["rows"] = rows,
        ["dropped"] = Dropped,
        ["invalid"] = Invalid.Records.Count,
        ["invalid_reasons"] = LeftOutRecords.Reasons(Invalid.Records),
        ["out"] = file,
    };

    private IEnumerable<TRow> Each<TRow>(Func<Sample, TokenizedSample, TokenWeights?, TRow> make)
        where TRow : class
    {
        foreach (var sample in corpus.Corpus.Samples)
        {
            stop.ThrowIfCancellationRequested();
            if (weights?.Find(sample.Key) is { Status: SelectionStatus.Invalid } marked)
            {
                Invalid.Note(sample.Key, marked.Reason ?? "marked as invalid by the weights");
            }
            else if (Row(sample, make) is { } row)
            {
                yield return row;
            }
        }
    }

    private TRow? Row<TRow>(Sample sample, Func<Sample, TokenizedSample, TokenWeights?, TRow> make)
        where TRow : class
    {
        if (OfUsable(sample, () => corpus.Encoder.Encode(sample)) is not { } tokens)
        {
            return null;
        }

        var row = weights?.Lookup(tokens);
        if (row is { Status: SelectionStatus.Dropped })
        {
            Dropped++;
            return null;
        }

        return OfUsable(sample, () => make(sample, tokens, row));
    }

    private T? OfUsable<T>(Sample sample, Func<T> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (InvalidInputException e)
        {
            Invalid.Add(sample.Key, e);
            return null;
        }
    }
}
