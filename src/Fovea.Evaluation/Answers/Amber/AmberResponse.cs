using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Amber;

/// <summary>What one description of an image counts (AMBER inference.py).</summary>
/// <param name="Nouns">Nouns of the vocabulary, repeats included.</param>
/// <param name="Hallucinated">Those that are neither in the image nor safe.</param>
/// <param name="Covered">Objects of the image that are mentioned.</param>
/// <param name="Expected">Objects that are not in the image, though one would expect them there, and are mentioned.</param>
internal readonly record struct AmberResponse(int Nouns, int Hallucinated, int Covered, int Expected)
{
    /// <summary>Counts a description's nouns.</summary>
    public static AmberResponse Of(IReadOnlyList<string> nouns, AmberQuery query, AmberData data, AmberSimilarities similar)
    {
        var (safe, wrong) = (Words(query.Truth, data), Words(query.Hallucinated, data));
        var (covered, expected, hallucinated) = (new HashSet<int>(), new HashSet<int>(), 0);
        foreach (var noun in nouns.Where(n => !data.SafeWords.Contains(n)))
        {
            if (Array.Find(safe, w => w.Word == noun) is { Word: not null } named)
            {
                covered.Add(named.Object);
                continue;
            }

            if (Array.Find(wrong, w => w.Word == noun) is { Word: not null } direct)
            {
                expected.Add(direct.Object);
            }

            // Marked a second time, perhaps for another object: the code looks for a similar word after an equal one too.
            if (Array.Find(wrong, w => similar.Are(noun, w.Word)) is { Word: not null } near)
            {
                expected.Add(near.Object);
            }

            if (Array.Find(safe, w => similar.Are(noun, w.Word)) is { Word: not null } nearSafe)
            {
                covered.Add(nearSafe.Object);
            }
            else
            {
                hallucinated++;
            }
        }

        return new AmberResponse(nouns.Count, hallucinated, covered.Count, expected.Count);
    }

    // What is associated with each object, then the objects themselves: the first that is found is the one that counts.
    private static (string Word, int Object)[] Words(IReadOnlyList<string> objects, AmberData data) =>
    [
        .. objects.SelectMany((o, i) => data.Associated.TryGetValue(o, out var words) ? words.Select(w => (w, i)) : []),
        .. objects.Select((o, i) => (o, i)),
    ];
}

/// <summary>Which words are similar: AMBER takes spaCy's vectors (en_core_web_lg), of which a table of pairs can be given; a word is always similar to itself.</summary>
/// <param name="Pairs">Pairs of words, both ways round.</param>
internal sealed record AmberSimilarities(IReadOnlySet<(string, string)> Pairs)
{
    private const double Threshold = 0.8;

    public bool Are(string one, string other) => one == other || Pairs.Contains((one, other));

    /// <summary>Reads records of <c>word</c>, <c>other</c> and <c>similarity</c>; no pairs where there is no file.</summary>
    /// <exception cref="InvalidInputException">A record lacks one of these.</exception>
    public static AmberSimilarities Read(string? path)
    {
        var pairs = new HashSet<(string, string)>();
        foreach (var record in path is null ? [] : AnswerRecords.Read(path))
        {
            var (one, other, value) = (record.Field("word").Text(), record.Field("other").Text(), record.Field("similarity"));
            var similarity = value.Element.ValueKind == JsonValueKind.String
                && double.TryParse(value.Text(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : value.Number();
            if (similarity > Threshold)
            {
                pairs.Add((one, other));
                pairs.Add((other, one));
            }
        }

        return new AmberSimilarities(pairs);
    }
}
