using Fovea.Data.Corpora;
using Fovea.Evaluation.Analyses;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// The corpus and the model that a store was scored from, by the <c>stage.json</c> beside it: for what a store itself does not hold (questions, images).
/// </summary>
/// <param name="Model">The scoring model's folder.</param>
/// <param name="View">What the scores saw of a sample.</param>
/// <param name="Corpus">The corpus, with bad records left out as scoring leaves them out, and what tokenizes it as it was scored.</param>
public sealed record StoreOrigin(string Model, CorpusView View, ScoringCorpus Corpus)
{
    /// <summary>Opens it.</summary>
    /// <param name="store">The store's folder.</param>
    /// <param name="reason">Why there is none, e.g. because the store was made elsewhere, or its corpus is not where it was; null where there is one.</param>
    public static StoreOrigin? TryOpen(string store, out string? reason)
    {
        try
        {
            reason = null;
            return Open(store);
        }
        catch (Exception e) when (e is FoveaException or IOException or UnauthorizedAccessException)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>The scored rows of a store with their samples, held to what was scored.</summary>
    /// <param name="rows">Of the store, or of it joined with others; rows without scores are left out.</param>
    /// <param name="stop">Stops between samples.</param>
    /// <exception cref="InvalidInputException">A row is not of this corpus, or was scored under another tokenizer, template or text.</exception>
    public IEnumerable<ScoredSample> ReadBeside(IEnumerable<TokenScores> rows, CancellationToken stop)
    {
        var samples = Corpus.Corpus.Samples.ToDictionary(s => s.Key);
        foreach (var row in rows.Where(r => r.LogProbs.Count > 0))
        {
            stop.ThrowIfCancellationRequested();
            var sample = samples.GetValueOrDefault(row.Key) ?? throw new InvalidInputException(row.Key.Source, row.Key.Record, "is scored, but the corpus has no such record any more; score again");
            var tokens = Corpus.Encoder.Encode(sample);
            yield return row.Mismatch(tokens) is { } mismatch ? throw new InvalidInputException(row.Key.Source, row.Key.Record, $"differs from what was scored ({mismatch}); score again")
                : new ScoredSample(sample, tokens, row);
        }
    }

    private static StoreOrigin Open(string store)
    {
        var manifest = StageManifest.Read(store) ?? throw new InvalidInputException(store, null,
            $"{StageManifest.FileName} is missing, so the corpus is not known");
        var (data, model, template, view) = StageCatalog.Create(manifest.Kind, manifest.Config) switch
        {
            ScoreVigStage vig => (vig.Data, vig.Model, vig.Template, CorpusView.Image),
            ScorePriorStage prior => (prior.Data, prior.Models[0], prior.Template, CorpusView.TextOnly),
            ImportScoresStage imported => (imported.Data, imported.Model, imported.Template, CorpusView.Image),
            _ => throw new InvalidInputException(store, null, $"holds {StageCatalog.TitleOf(manifest.Kind)}, not scores"),
        };
        return new StoreOrigin(model, view, ScoringCorpus.Open(data, model, view, template, new InvalidRecords(int.MaxValue)));
    }
}
