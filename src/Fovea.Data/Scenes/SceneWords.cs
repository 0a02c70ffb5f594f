namespace Fovea.Data.Scenes;

/// <summary>The closed vocabulary of the world, lower-case.</summary>
public static class SceneWords
{
    /// <summary>Words for the grid's rows, from the top.</summary>
    public static IReadOnlyList<string> Rows { get; } = ["top", "middle", "bottom"];

    /// <summary>Words for the grid's columns, from the left.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["left", "center", "right"];

    /// <summary>Words for where one object is seen from another.</summary>
    public static IReadOnlyList<string> Directions { get; } = ["left", "right", "above", "below"];

    /// <summary>Number words from one.</summary>
    public static IReadOnlyList<string> Numbers { get; } = ["one", "two", "three", "four", "five", "six"];

    /// <summary>Yes and no.</summary>
    public static IReadOnlyList<string> YesNo { get; } = ["yes", "no"];

    /// <summary>Shape words, in the order of <see cref="SceneShape"/>.</summary>
    public static IReadOnlyList<string> Shapes { get; } = WordsOf<SceneShape>();

    /// <summary>Colour words, in the order of <see cref="SceneColour"/>.</summary>
    public static IReadOnlyList<string> Colours { get; } = WordsOf<SceneColour>();

    /// <summary>Size words, in the order of <see cref="SceneSize"/>.</summary>
    public static IReadOnlyList<string> Sizes { get; } = WordsOf<SceneSize>();

    /// <summary>Background words, in the order of <see cref="SceneBackground"/>.</summary>
    public static IReadOnlyList<string> Backgrounds { get; } = WordsOf<SceneBackground>();

    /// <summary>Names in noise phrases.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. "anna ben carl dora emma finn gina hans iris jack kate liam mona nora omar paul rosa sara tom vera".Split(' ')];

    /// <summary>Weekdays in order, in noise phrases and text-only questions.</summary>
    public static IReadOnlyList<string> Weekdays { get; } =
        [.. "monday tuesday wednesday thursday friday saturday sunday".Split(' ')];

    /// <summary>Months in order, in noise phrases and text-only questions.</summary>
    public static IReadOnlyList<string> Months { get; } =
        [.. "january february march april may june july august september october november december".Split(' ')];

    /// <summary>Boilerplate sentences without their full stops. No other sentence begins with their first words.</summary>
    public static IReadOnlyList<string> BoilerplateSentences { get; } =
    [
        "thanks for looking at this picture",
        "please note that all shapes are simple",
        "nothing else can be found here",
        "every thing was drawn by a computer",
    ];

    /// <summary>Function words of captions, questions and answers.</summary>
    public static IReadOnlyList<string> Function { get; } =
    [
        .. ("a after and answer at background colour comes day describe do does from get has have how image in is it look many month "
            + "not number object objects of on or see shape shows sides that the there to we what white you").Split(' '),
    ];

    /// <summary>All words, each once, in ordinal order: closed, and fewer than 220 with the template's frame words.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Rows.Concat(Columns).Concat(Directions).Concat(Numbers).Concat(YesNo).Concat(Shapes).Concat(Colours).Concat(Sizes)
            .Concat(Backgrounds).Concat(Names).Concat(Weekdays).Concat(Months).Concat(Function).Concat(NoiseFrames)
            .Concat(BoilerplateSentences.SelectMany(s => s.Split(' '))).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>The system turn of every dialogue, short to keep sequences short.</summary>
    public const string SystemSentence = "look at the image and answer.";

    /// <summary>Words that open a question.</summary>
    internal static IReadOnlyList<string> Openings => ["what", "how", "is", "describe"];

    /// <summary>The fixed words of noise phrases.</summary>
    internal static IReadOnlyList<string> NoiseFrames => ["taken", "by", "on", "sent", "to", "in"];

    /// <summary>
    /// The words that compete where a word of this class stands, for log-likelihood and accuracy within a class;
    /// empty for classes whose words are of no one kind.
    /// </summary>
    public static IReadOnlyList<string> Competing(TokenClass tokenClass) => tokenClass switch
    {
        TokenClass.Colour => Colours,
        TokenClass.Position => [.. Rows.Concat(Columns).Concat(Directions).Distinct()],
        TokenClass.Shape => Shapes,
        TokenClass.Size => Sizes,
        TokenClass.Background => Backgrounds,
        TokenClass.Count => Numbers,
        TokenClass.Noise => [.. Names.Concat(Weekdays).Concat(Months)],
        TokenClass.Answer => YesNo,
        TokenClass.TextOnly => [.. Numbers.Concat(Colours).Concat(Weekdays).Concat(Months)],
        TokenClass.Filler or TokenClass.Boilerplate or TokenClass.PriorFollowing or TokenClass.WrongLabel => [],
        _ => throw new ArgumentOutOfRangeException(nameof(tokenClass)),
    };

    /// <summary>The word for a shape.</summary>
    public static string Of(SceneShape shape) => Shapes[(int)shape];

    /// <summary>The word for a colour.</summary>
    public static string Of(SceneColour colour) => Colours[(int)colour];

    /// <summary>The word for a size.</summary>
    public static string Of(SceneSize size) => Sizes[(int)size];

    /// <summary>The word for a background.</summary>
    public static string Of(SceneBackground background) => Backgrounds[(int)background];

    /// <summary>The words for a cell: "top left".</summary>
    public static string Place(int row, int column) => $"{Rows[row]} {Columns[column]}";

    private static string[] WordsOf<T>() where T : struct, Enum =>
        Array.ConvertAll(Enum.GetNames<T>(), n => n.ToLowerInvariant());
}
