namespace Fovea.Data.Scenes;

/// <summary>
/// Reads what a generated text says of the image: any text is accepted, unknown words are passed over. A shape after "no" is not mentioned.
/// </summary>
public static class SceneCaptionParser
{
    /// <summary>Parses a text sentence by sentence.</summary>
    public static ParsedCaption Parse(string text)
    {
        var mentions = new List<MentionedObject>();
        var relations = new List<SceneRelation>();
        SceneBackground? background = null;
        int? count = null;
        foreach (var sentence in text.Split(['.', '?', '!', '\n']))
        {
            string[] words = [.. Words(sentence)];
            background ??= Background(words);
            count ??= Count(words);
            if (Relation(words) is { } relation)
            {
                relations.Add(relation);
            }

            AddMentions(words, mentions);
        }

        return new ParsedCaption(mentions, Merge(mentions), relations, background, count);
    }

    /// <summary>Runs of letters, lower-case.</summary>
    internal static IEnumerable<string> Words(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length && char.IsAsciiLetter(text[i]);
            if (letter && start < 0)
            {
                start = i;
            }
            else if (!letter && start >= 0)
            {
                yield return text[start..i].ToLowerInvariant();
                start = -1;
            }
        }
    }

    /// <summary>"grey background", "background is grey".</summary>
    private static SceneBackground? Background(string[] words)
    {
        var at = Array.IndexOf(words, "background");
        if (at > 0 && Index(SceneWords.Backgrounds, words[at - 1]) is { } before)
        {
            return (SceneBackground)before;
        }

        return at >= 0 && at + 2 < words.Length && words[at + 1] == "is" && Index(SceneWords.Backgrounds, words[at + 2]) is { } after
            ? (SceneBackground)after
            : null;
    }

    /// <summary>"two objects", "number of objects is two".</summary>
    private static int? Count(string[] words)
    {
        var at = Array.FindIndex(words, w => w is "object" or "objects");
        if (at > 0 && Index(SceneWords.Numbers, words[at - 1]) is { } before)
        {
            return before + 1;
        }

        return at >= 0 && at + 2 < words.Length && words[at + 1] == "is" && Index(SceneWords.Numbers, words[at + 2]) is { } after ? after + 1 : null;
    }

    /// <summary>"circle is left of the square", "circle is above the square".</summary>
    private static SceneRelation? Relation(string[] words)
    {
        var at = Array.FindIndex(words, w => Index(SceneWords.Shapes, w) is not null);
        if (at < 0 || at + 3 >= words.Length || words[at + 1] != "is" || Index(SceneWords.Directions, words[at + 2]) is null)
        {
            return null;
        }

        var other = Array.FindIndex(words, at + 3, w => Index(SceneWords.Shapes, w) is not null);
        return other < 0 ? null : new SceneRelation((SceneShape)Index(SceneWords.Shapes, words[at])!, words[at + 2],
            (SceneShape)Index(SceneWords.Shapes, words[other])!);
    }

    private static void AddMentions(string[] words, List<MentionedObject> mentions)
    {
        int[] shapes = [.. Enumerable.Range(0, words.Length).Where(i => Index(SceneWords.Shapes, words[i]) is not null)];
        for (var i = 0; i < shapes.Length; i++)
        {
            var at = shapes[i];
            var noun = NounStart(words, at);
            if (noun > 0 && words[noun - 1] == "no")
            {
                continue;
            }

            var end = i + 1 < shapes.Length ? NounStart(words, shapes[i + 1]) : words.Length;
            var (before, after) = (words[noun..at], words[(at + 1)..Math.Max(end, at + 1)]);
            var place = Place(after) ?? (shapes.Length == 1 ? Place(words[..noun]) : null);
            mentions.Add(new MentionedObject(
                (SceneShape)Index(SceneWords.Shapes, words[at])!,
                (SceneColour?)(First(SceneWords.Colours, before) ?? First(SceneWords.Colours, after)),
                (SceneSize?)(First(SceneWords.Sizes, before) ?? First(SceneWords.Sizes, after)),
                place?.Row,
                place?.Column));
        }
    }

    /// <summary>Where the colours and sizes right before a shape begin.</summary>
    private static int NounStart(string[] words, int shape)
    {
        var start = shape;
        while (start > 0 && (Index(SceneWords.Colours, words[start - 1]) ?? Index(SceneWords.Sizes, words[start - 1])) is not null)
        {
            start--;
        }

        return start;
    }

    private static (int Row, int Column)? Place(string[] words)
    {
        for (var i = 0; i + 1 < words.Length; i++)
        {
            if (Index(SceneWords.Rows, words[i]) is { } row && Index(SceneWords.Columns, words[i + 1]) is { } column)
            {
                return (row, column);
            }
        }

        return null;
    }

    private static int? First(IReadOnlyList<string> list, string[] words) =>
        words.Select(w => Index(list, w)).FirstOrDefault(i => i is not null);

    private static int? Index(IReadOnlyList<string> list, string word)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] == word)
            {
                return i;
            }
        }

        return null;
    }

    private static List<MentionedObject> Merge(List<MentionedObject> mentions) =>
    [
        .. mentions.GroupBy(m => m.Shape).Select(g => g.Aggregate((all, m) => all with
        {
            Colour = all.Colour ?? m.Colour,
            Size = all.Size ?? m.Size,
            Row = all.Row ?? m.Row,
            Column = all.Column ?? m.Column,
        })),
    ];
}
