namespace Fovea.Evaluation.Analyses;

/// <summary>
/// Closed classes of English words: those that name what is seen, and function words. What is in none is of the class <see cref="Other"/>; nouns, verbs and
/// other open classes are not told apart, since that takes a tagger.
/// </summary>
public static class VisualLexicon
{
    /// <summary>The class of words that are in no list.</summary>
    public const string Other = "other_words";

    private static readonly (string Class, string Words)[] Lists =
    [
        ("colours", "white black red green blue yellow orange purple violet pink brown grey gray beige tan silver gold golden turquoise maroon teal navy cream "
            + "dark bright light pale colorful colourful"),
        ("positions", "left right above below under underneath over behind front between beside next near inside outside top bottom middle center centre corner "
            + "background foreground around across against along on in at by"),
        ("counts", "one two three four five six seven eight nine ten eleven twelve several many few couple pair single multiple both group bunch"),
        ("attributes", "big large small little tiny huge tall short long wide narrow thick thin round square circular rectangular flat curved straight empty full "
            + "open closed wooden wood metal metallic plastic glass leather stone brick concrete striped plaid spotted shiny dirty clean wet dry old new young"),
        ("function_words", "a an the this that these those it its he she they them his her their him we you i me my your our of to with for from as than and or "
            + "but nor so if while because though is are was were be been being am do does did has have had can could will would shall should may might must not no "
            + "there here which who whom whose what when where how why some any each every all other another such very too also just up down out off into onto "
            + "through about after before during"),
    ];

    private static readonly Dictionary<string, string> ClassOfWord = Lists.SelectMany(l => l.Words.Split(' ').Select(w => (w, l.Class)))
        .DistinctBy(w => w.w).ToDictionary(w => w.w, w => w.Class, StringComparer.Ordinal);

    /// <summary>All classes, the visual ones first.</summary>
    public static IReadOnlyList<string> Classes { get; } = [.. Lists.Select(l => l.Class), Other];

    /// <summary>The class of a word in lower case; null of what holds no letter and no digit.</summary>
    public static string? ClassOf(string word) => ClassOfWord.GetValueOrDefault(word) ?? (word.Any(char.IsLetterOrDigit) ? Other : null);
}
