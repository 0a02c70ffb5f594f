using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>A few samples of a selection, token by token: the numbers that a method could see, the weight, and what became of the token.</summary>
/// <param name="stores">The score stores that the weights were made from; the first one's tokens have texts.</param>
/// <param name="corpus">The same, joined.</param>
/// <param name="weights">The weights.</param>
public sealed class SelectionExplanation(IReadOnlyList<string> stores, IScoredCorpus corpus, WeightsFile weights)
{
    /// <summary>Lines on some samples with an image: the first that were dropped, up to half of them, and the first that were kept.</summary>
    /// <param name="count">How many samples.</param>
    public IEnumerable<string> Lines(int count)
    {
        var texts = ScoreStoreReader.Open(stores[0]).ReadTokens().ToDictionary(t => t.Id, t => t.Text);
        var wanted = Chosen(count);
        foreach (var row in corpus.Read(null))
        {
            if (wanted.Count == 0)
            {
                yield break;
            }

            if (wanted.Remove(row.Key, out var fate))
            {
                var sample = new SampleView(row, texts);
                yield return $"{string.Join(' ', SampleLines.Head(sample))}  {Fate(fate)}";
                foreach (var line in SampleLines.Targets(sample, ("weight", t => Weight(fate, t)), ("fate", t => Fate(fate, row, t))))
                {
                    yield return line;
                }

                yield return "";
            }
        }
    }

    private Dictionary<SampleKey, TokenWeights> Chosen(int count)
    {
        TokenWeights[] First(SelectionStatus status, int most) => [.. weights.Rows.Where(r => r.Status == status).Take(most)];
        var kept = First(SelectionStatus.Kept, count - First(SelectionStatus.Dropped, count / 2).Length);
        return kept.Concat(First(SelectionStatus.Dropped, count - kept.Length)).ToDictionary(r => r.Key);
    }

    private static string Fate(TokenWeights row) => row.Status == SelectionStatus.Dropped ? $"dropped: {row.Reason}" : "kept";

    private static string Weight(TokenWeights row, int target) => row.Status == SelectionStatus.Dropped ? ""
        : (row.Weights?[target] ?? 1).ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Fate(TokenWeights row, TokenScores scores, int target) => row.Status == SelectionStatus.Dropped ? "dropped"
        : (row.Weights?[target] ?? 1) == 0 ? scores.LogProbs.Values.Any(p => float.IsNaN(p[target])) ? "no loss: not scored" : "no loss"
        : scores.EndTargets.Contains(target) ? "loss (end of an answer)"
        : "loss";
}
