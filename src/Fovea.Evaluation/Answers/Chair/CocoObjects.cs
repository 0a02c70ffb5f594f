using System.Text;
using Fovea.Evaluation.Answers.Reading;
using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Chair;

/// <summary>
/// COCO's objects in English text by CHAIR's rule (LisaAnne/Hallucination utils/chair.py, Maxlinn/CHAIR-metric-standalone chair.py): words in lower case and in
/// the singular, pairs that are one word, then the list of synonyms. Safe for several threads.
/// </summary>
internal sealed class CocoObjects
{
    private static readonly string[] PairsAsTheyAre =
    [
        "motor bike", "motor cycle", "air plane", "traffic light", "street light", "traffic signal", "stop light", "fire hydrant", "stop sign", "parking meter",
        "suit case", "sports ball", "baseball bat", "baseball glove", "tennis racket", "wine glass", "hot dog", "cell phone", "mobile phone", "teddy bear", "hair drier",
        "potted plant", "laptop computer", "stove top oven", "home plate", "train track",
    ];

    private static readonly string[] Animals = ["bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "animal", "cub"];

    private static readonly Dictionary<string, string> Pairs = PairsAsTheyAre.Select(p => (Pair: p, Word: p))
        .Concat(Animals.SelectMany(a => new[] { ($"baby {a}", a), ($"adult {a}", a) }))
        .Concat([("passenger jet", "jet"), ("passenger train", "train"), ("bow tie", "tie"), ("toilet seat", "toilet"), ("wine glas", "wine glass")])
        .ToDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal);

    private readonly Dictionary<string, string> _objects = new(StringComparer.Ordinal);

    /// <summary>Reads the list of synonyms: a line for each object, its name first, then a comma and a blank between words.</summary>
    /// <exception cref="InvalidInputException">The file is none.</exception>
    public CocoObjects(string path)
    {
        foreach (var line in Encoding.UTF8.GetString(PackedFile.ReadAllBytes(path)).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            // As the original splits: a word after two blanks keeps one, and so is found in no caption (" motor bike", " cheesecake").
            var words = line.Split(", ");
            foreach (var word in words)
            {
                _objects[word] = words[0];
            }
        }

        if (!_objects.ContainsKey("person"))
        {
            throw new InvalidInputException(path, null, "names no person; expected CHAIR's list of synonyms (LisaAnne/Hallucination data/synonyms.txt)");
        }
    }

    /// <summary>The object of a word or a category's name, or null.</summary>
    public string? Find(string word) => _objects.GetValueOrDefault(word);

    /// <summary>The objects that a caption mentions, each time that it does.</summary>
    public IReadOnlyList<string> Mentions(string caption) => [.. WordsOf(caption).Select(Find).OfType<string>()];

    /// <summary>A caption's words as they are looked up: singular, pairs joined, and without the seat of a toilet.</summary>
    public static IReadOnlyList<string> WordsOf(string caption)
    {
        string[] singular = [.. WordTokenizer.Words(caption.ToLowerInvariant()).Select(Singular.Of)];
        var words = new List<string>(singular.Length);
        for (var i = 0; i < singular.Length; i++)
        {
            if (i + 1 < singular.Length && Pairs.TryGetValue($"{singular[i]} {singular[i + 1]}", out var joined))
            {
                words.Add(joined);
                i++;
            }
            else
            {
                words.Add(singular[i]);
            }
        }

        // "The seat of the toilet" is no chair.
        return words.Contains("toilet") ? [.. words.Where(w => w != "seat")] : words;
    }
}
