using Fovea.Core.Results;
using Fovea.Data.Scenes;

namespace Fovea.Evaluation.Scenes;

/// <summary>Token-score analysis of a score store over a scene corpus.</summary>
public static class SceneTokenScores
{
    /// <summary>See <see cref="TokenScoreAnalysis.Evaluate"/>; one unit a stored sample.</summary>
    /// <param name="store">Rows of a score store, possibly joined from two.</param>
    /// <param name="corpus">The corpus that was scored.</param>
    /// <param name="encoder">The encoder that it was scored with, for the place of each target in the text.</param>
    /// <param name="annotations">The corpus's ground truth.</param>
    /// <param name="scores">Scores to analyse.</param>
    /// <exception cref="FoveaException">A row is not of this corpus or was scored under another tokenizer, template or text.</exception>
    public static EvalResult Evaluate(
        IEnumerable<TokenScores> store, ICorpus corpus, ISampleEncoder encoder, SceneAnnotations annotations, IReadOnlyList<TokenScore> scores)
    {
        var samples = corpus.Samples.ToDictionary(s => s.Key);
        var classified = store.Select(row =>
        {
            var sample = samples.GetValueOrDefault(row.Key)
                ?? throw new FoveaException($"score store: {row.Key} is not in the corpus; analyse it with the corpus that was scored");
            var tokens = encoder.Encode(sample);
            return row.Mismatch(tokens) is { } mismatch
                ? throw new FoveaException($"score store: {row.Key} differs from what was scored ({mismatch}); score it again")
                : new ClassifiedScores(row, SceneClasses.Of(annotations, tokens));
        });
        return TokenScoreAnalysis.Evaluate([.. classified], scores);
    }
}
