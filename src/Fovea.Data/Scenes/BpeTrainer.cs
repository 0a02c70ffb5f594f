namespace Fovea.Data.Scenes;

/// <summary>
/// Trains byte-pair merges (Sennrich et al. 2016) on a word list, each word counted once, until every word is one token: the most
/// frequent adjacent pair is merged first, ties go to the ordinally smallest pair. Words begin with the blank mark or hold none, so
/// that no merge crosses a blank.
/// </summary>
internal static class BpeTrainer
{
    public static List<(string Left, string Right)> Train(IReadOnlyList<string> words)
    {
        List<string>[] pieces = [.. words.Select(Split)];
        var merges = new List<(string Left, string Right)>();
        while (pieces.Any(p => p.Count > 1))
        {
            var counts = new Dictionary<(string Left, string Right), int>();
            foreach (var word in pieces)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
                }
            }

            var best = counts.OrderByDescending(c => c.Value)
                .ThenBy(c => c.Key.Left, StringComparer.Ordinal).ThenBy(c => c.Key.Right, StringComparer.Ordinal).First().Key;
            merges.Add(best);
            foreach (var word in pieces)
            {
                Merge(word, best);
            }
        }

        return merges;
    }

    public static List<string> Split(string word) => [.. word.Select(c => c.ToString())];

    /// <summary>Merges the pair wherever it stands, from the left.</summary>
    public static void Merge(List<string> pieces, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < pieces.Count; i++)
        {
            if (pieces[i] == pair.Left && pieces[i + 1] == pair.Right)
            {
                pieces[i] += pieces[i + 1];
                pieces.RemoveAt(i + 1);
            }
        }
    }
}
