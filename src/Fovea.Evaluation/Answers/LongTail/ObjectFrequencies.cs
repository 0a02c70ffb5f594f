using Fovea.Data.Corpora;
using Fovea.Evaluation.Answers.Chair;

namespace Fovea.Evaluation.Answers.LongTail;

/// <summary>How many texts of a training corpus mention an object, and the band by powers of ten that this puts it in.</summary>
internal sealed class ObjectFrequencies
{
    private static readonly (int Most, string Name)[] Powers = [(0, "0"), (9, "1-9"), (99, "10-99"), (999, "100-999"), (9999, "1000-9999"), (int.MaxValue, "10000-")];

    private readonly Dictionary<string, int> _counts;

    private ObjectFrequencies(Dictionary<string, int> counts) => _counts = counts;

    /// <summary>The bands, rarest first.</summary>
    public static IReadOnlyList<string> Bands { get; } = [.. Powers.Select(p => p.Name)];

    /// <summary>Counts the samples whose answers mention each object, once each.</summary>
    /// <param name="path">The corpus: conversations or COCO captions.</param>
    /// <param name="names">Names of the objects, in the singular and in lower case.</param>
    /// <param name="objects">The list of synonyms by which a mention counts; null for the names themselves.</param>
    /// <exception cref="InvalidInputException">The corpus cannot be read.</exception>
    public static ObjectFrequencies Count(string path, IReadOnlyCollection<string> names, CocoObjects? objects)
    {
        var samples = CorpusFiles.Open([new DataSource { File = path }], new InvalidRecords(0)).Samples;
        var mentioned = samples.AsParallel().SelectMany(s =>
        {
            var words = s.Turns.Where(t => t.Role == Role.Assistant).SelectMany(t => CocoObjects.WordsOf(t.Text)).ToArray();
            var text = $" {string.Join(' ', words)} ";
            return objects is null ? names.Where(n => text.Contains($" {n} ", StringComparison.Ordinal)) : words.Select(objects.Find).OfType<string>().Distinct();
        });
        return new ObjectFrequencies(mentioned.GroupBy(n => n).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal));
    }

    /// <summary>Samples that mention the object.</summary>
    public int Of(string name) => _counts.GetValueOrDefault(name);

    /// <summary>Its band.</summary>
    public string BandOf(string name) => Powers.First(p => Of(name) <= p.Most).Name;
}
