namespace Fovea.Data.Scenes;

/// <summary>A question that needs no image: "what day comes after monday?", "it is", "tuesday".</summary>
internal sealed record TextFact(string Question, string Before, string Word, string? After = null)
{
    public static IReadOnlyList<TextFact> All { get; } =
    [
        new("how many sides does a triangle have?", "a triangle has", "three", "sides"),
        new("how many sides does a square have?", "a square has", "four", "sides"),
        .. Mixtures("red", "white", "pink"),
        .. Mixtures("red", "blue", "purple"),
        .. Mixtures("blue", "yellow", "green"),
        .. Following("day", SceneWords.Weekdays, cyclic: true),
        .. Following("month", SceneWords.Months, cyclic: true),
        .. Following("number", SceneWords.Numbers, cyclic: false),
    ];

    public AnnotatedText Answer()
    {
        var text = new AnnotatedText().Filler(Before).Add(TokenClass.TextOnly, Word);
        return (After is null ? text : text.Filler(After)).Stop();
    }

    private static TextFact[] Mixtures(string first, string second, string mixture) =>
    [
        new($"what colour do you get from {first} and {second}?", "you get", mixture),
        new($"what colour do you get from {second} and {first}?", "you get", mixture),
    ];

    private static IEnumerable<TextFact> Following(string kind, IReadOnlyList<string> words, bool cyclic) =>
        Enumerable.Range(0, words.Count - (cyclic ? 0 : 1))
            .Select(i => new TextFact($"what {kind} comes after {words[i]}?", "it is", words[(i + 1) % words.Count]));
}
