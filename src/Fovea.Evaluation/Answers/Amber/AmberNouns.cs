using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Amber;

/// <summary>
/// Nouns of a response that AMBER counts. Its code takes the words that NLTK's tagger calls nouns, in WordNet's singular, and then those of its vocabulary; here
/// neither the tagger nor WordNet is at hand: every word of the vocabulary counts, in the singular by WordNet's rules of endings, but where it is plainly no noun.
/// </summary>
/// <param name="vocabulary">The words that count.</param>
internal sealed class AmberNouns(IReadOnlySet<string> vocabulary)
{
    // WordNet's endings of plural nouns (morphy).
    private static readonly (string Plural, string Singular)[] Endings =
        [("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")];

    // The last three are words of the vocabulary, which the code never finds: WordNet has their singular.
    private static readonly Dictionary<string, string> Irregular =
        "children:child mice:mouse geese:goose knives:knife leaves:leaf shelves:shelf loaves:loaf chopsticks:chopstick slippers:slipper earrings:earring"
            .Split(' ').ToDictionary(p => p.Split(':')[0], p => p.Split(':')[1], StringComparer.Ordinal);

    private static readonly HashSet<string> NeverNouns = new(["hot", "leave"], StringComparer.Ordinal);

    // Before these, "can" is a thing; elsewhere it is a verb.
    private static readonly HashSet<string> BeforeCan =
        new(["a", "the", "this", "that", "each", "one", "another", "trash", "garbage", "tin", "soda", "beer", "metal", "aluminum", "spray", "watering"], StringComparer.OrdinalIgnoreCase);

    // After these, a word that may be a verb is one.
    private static readonly HashSet<string> BeforeVerbs =
        new(["to", "can", "could", "will", "would", "may", "might", "must", "should", "they", "we", "you"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> MayBeVerbs = new(
        ["watch", "support", "drink", "switch", "ring", "lock", "tie", "plug", "rock", "paddle", "skate", "ski", "tape", "spray", "board", "fish", "light", "train", "sign", "track",
            "sound", "stage", "fence", "file", "pack", "tap", "drain", "brush", "bat", "bar", "line", "wire", "range"], StringComparer.Ordinal);

    /// <summary>The nouns, in order, repeats included. Case counts, as in the code: "Sky" is no "sky".</summary>
    public IReadOnlyList<string> Of(string response)
    {
        var words = WordTokenizer.Words(response);
        var nouns = new List<string>();
        for (var i = 0; i < words.Count; i++)
        {
            var (word, before) = (words[i], i > 0 ? words[i - 1] : "");
            var isNoun = !NeverNouns.Contains(word) && (word != "can" || BeforeCan.Contains(before)) && !(MayBeVerbs.Contains(word) && BeforeVerbs.Contains(before));
            if (isNoun && Singular(word) is var noun && vocabulary.Contains(noun))
            {
                nouns.Add(noun);
            }
        }

        return nouns;
    }

    // Of several singulars the shortest that is a word, as NLTK's lemmatizer takes it.
    private string Singular(string word) => Irregular.GetValueOrDefault(word)
        ?? Endings.Where(e => word.EndsWith(e.Plural, StringComparison.Ordinal)).Select(e => word[..^e.Plural.Length] + e.Singular)
            .Where(vocabulary.Contains).Append(word).MinBy(w => w.Length)!;
}
