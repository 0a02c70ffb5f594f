namespace Fovea.Evaluation.Analyses;

/// <summary>
/// Parts of speech without a tagger: closed classes by list; of other words the part of speech that WordNet's tagged texts have most often, or, untagged, the one with most senses. A word has one whatever
/// its sentence ("left" is never told apart), so that means by class are those of the words' usual use.
/// </summary>
public static class PartsOfSpeech
{
    private const string Number = "numerals", Unknown = "unknown_words";
    private static readonly string[] Open = ["nouns", "verbs", "adjectives", "adverbs"];

    private static readonly (string Class, string Words)[] Closed =
    [
        (Number, "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand"),
        ("determiners", "a an the this that these those some any each every all both no another other many few several much such which what"),
        ("pronouns", "i you he she it we they me him her us them my your his its our their who whom whose something someone nothing everyone there"),
        ("prepositions", "of in on at by for with from to into onto over under above below behind beside between near through across along around against about after before during without within inside "
            + "outside upon toward towards beneath underneath off"),
        ("conjunctions", "and or but nor so if while because though although than as when where how why whether"),
        ("auxiliaries", "is are was were be been being am do does did has have had can could will would shall should may might must not"),
    ];

    // WordNet's own rules of detachment, by part of speech (morphy): ending, what stands in its place.
    private static readonly (int Part, string Ending, string Instead)[] Endings =
    [
        (0, "ies", "y"), (0, "ves", "f"), (0, "men", "man"), (0, "ses", "s"), (0, "xes", "x"), (0, "zes", "z"), (0, "ches", "ch"), (0, "shes", "sh"), (0, "s", ""),
        (1, "ies", "y"), (1, "es", "e"), (1, "es", ""), (1, "s", ""), (1, "ed", "e"), (1, "ed", ""), (1, "ing", "e"), (1, "ing", ""),
        (2, "er", ""), (2, "est", ""), (2, "er", "e"), (2, "est", "e"),
    ];

    /// <summary>From the lines of <c>index.sense</c>: <c>lemma%type:...  offset number count</c>, where type is 1 to 5 and count how often the sense was tagged.</summary>
    /// <exception cref="InvalidInputException">A line is none.</exception>
    internal static WordClasses FromSenses(string path, string[] lines)
    {
        var uses = new Dictionary<string, (int[] Tagged, int[] Senses)>(StringComparer.Ordinal);
        foreach (var (record, line) in lines.Index())
        {
            var fields = line.Split(' ');
            var percent = fields[0].IndexOf('%', StringComparison.Ordinal);
            if (percent < 1 || percent + 1 >= line.Length || line[percent + 1] is < '1' or > '5' || fields.Length != 4
                || !int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                throw new InvalidInputException(path, record, $"expected a line of WordNet's index.sense, got '{Quoted.Shorten(line)}'");
            }

            var part = line[percent + 1] is '5' ? 2 : line[percent + 1] - '1'; // 5 is an adjective's satellite
            if (!uses.TryGetValue(line[..percent], out var of))
            {
                uses.Add(line[..percent], of = (new int[Open.Length], new int[Open.Length]));
            }

            of.Tagged[part] += count;
            of.Senses[part]++;
        }

        var closed = Closed.SelectMany(c => c.Words.Split(' ').Select(w => (w, c.Class))).DistinctBy(w => w.w).ToDictionary(w => w.w, w => w.Class, StringComparer.Ordinal);
        return new WordClasses([.. Open, .. Closed.Select(c => c.Class), Unknown], word => closed.GetValueOrDefault(word) ?? ClassOf(word, uses));
    }

    private static string? ClassOf(string word, Dictionary<string, (int[] Tagged, int[] Senses)> uses)
    {
        if (!word.Any(char.IsLetterOrDigit))
        {
            return null;
        }

        var (tagged, senses) = (new int[Open.Length], new int[Open.Length]);
        void Add(string lemma, int? part)
        {
            if (uses.TryGetValue(lemma, out var of))
            {
                for (var i = 0; i < Open.Length; i++)
                {
                    (tagged[i], senses[i]) = part is null || part == i ? (tagged[i] + of.Tagged[i], senses[i] + of.Senses[i]) : (tagged[i], senses[i]);
                }
            }
        }

        Add(word, null);
        foreach (var (part, ending, instead) in Endings)
        {
            if (word.Length > ending.Length + 1 && word.EndsWith(ending, StringComparison.Ordinal))
            {
                var stem = word[..^ending.Length];
                Add(stem + instead, part);
                if (instead.Length == 0 && stem.Length > 2 && stem[^1] == stem[^2])
                {
                    Add(stem[..^1], part); // "running", "bigger"
                }
            }
        }

        var best = Enumerable.Range(0, Open.Length).MaxBy(i => (tagged[i], senses[i]));
        return senses[best] > 0 ? Open[best] : word.All(char.IsDigit) ? Number : Unknown;
    }
}
