using Fovea.Core.Randomness;

namespace Fovea.Evaluation.Analyses;

/// <summary>The words of photographs' texts, each weighed by its rarity among photographs.</summary>
internal sealed class PhotographWords
{
    private readonly HashSet<string>[] _words;
    private readonly Dictionary<string, double> _rarity;

    /// <param name="words">Of each photograph's texts.</param>
    public PhotographWords(IReadOnlyList<IEnumerable<string>> words)
    {
        _words = [.. words.Select(w => w.ToHashSet(StringComparer.Ordinal))];
        _rarity = _words.SelectMany(w => w).CountBy(w => w).ToDictionary(w => w.Key, w => Math.Log((double)_words.Length / w.Value));
    }

    /// <summary>The distinct words of a sample's answers in lower case, letters and digits only.</summary>
    public static IReadOnlyCollection<string> Of(Sample sample) => [.. sample.Turns.Where(t => t.Role == Role.Assistant).SelectMany(t => Split(t.Text)).Distinct(StringComparer.Ordinal)];

    /// <summary>The other photographs whose texts have the largest and the smallest share of a text's words; ties are drawn.</summary>
    /// <param name="own">The text's photograph.</param>
    /// <param name="words">The text's words.</param>
    /// <param name="draws">Decides ties.</param>
    public (int Most, int Least) Others(int own, IReadOnlyCollection<string> words, RandomSource draws)
    {
        var shared = Array.ConvertAll(_words, other => words.Where(other.Contains).Sum(w => _rarity[w]));
        int[] others = [.. Enumerable.Range(0, _words.Length).Where(i => i != own)];
        int Drawn(double share) => Array.FindAll(others, i => shared[i] == share) is var tied ? tied[draws.Next(tied.Length)] : own;
        var most = Drawn(others.Max(i => shared[i]));
        others = Array.FindAll(others, i => i != most);
        return (most, Drawn(others.Min(i => shared[i])));
    }

    private static string[] Split(string text) =>
        new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
