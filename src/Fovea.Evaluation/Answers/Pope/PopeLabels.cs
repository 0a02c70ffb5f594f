namespace Fovea.Evaluation.Answers.Pope;

/// <summary>Questions and the right answers to them, where these lie in files of their own: LLaVA's <c>llava_pope_test.jsonl</c> beside POPE's files.</summary>
internal static class PopeLabels
{
    /// <summary>
    /// The questions with their right answers. They are matched by image and question; where the labels do not say these, in order within each category, of
    /// which there must then be equally many.
    /// </summary>
    /// <param name="questions">The questions.</param>
    /// <param name="path">File or folder of the labels; null where the questions have them.</param>
    /// <param name="file">File of the questions, for messages.</param>
    /// <exception cref="InvalidInputException">A question has no right answer.</exception>
    public static IReadOnlyList<PopeQuestion> Label(IReadOnlyList<PopeQuestion> questions, string? path, string file)
    {
        if (path is null)
        {
            return questions.FirstOrDefault(q => q.IsYes is null) is { } bare
                ? throw new InvalidInputException(file, bare.Record, $"question {bare.Key} has no right answer; give the file or folder that has them with --labels")
                : questions;
        }

        var labels = PopeQuestion.Read(path);
        if (labels.FirstOrDefault(l => l.IsYes is null) is { } unlabelled)
        {
            throw new InvalidInputException(path, unlabelled.Record, $"{unlabelled.Key} has no label; expected yes or no");
        }

        // One file of labels may be of the one category that is asked about, whatever its name.
        var isOneFile = labels.DistinctBy(l => l.Category).Count() == 1 && questions.DistinctBy(q => q.Category).Count() == 1;
        var byCategory = labels.GroupBy(l => isOneFile ? questions[0].Category : l.Category).ToDictionary(g => g.Key, g => g.ToArray());
        return [.. questions.GroupBy(q => q.Category).SelectMany(g => byCategory.TryGetValue(g.Key, out var ofCategory)
            ? Label([.. g], ofCategory, path) : throw new InvalidInputException(path, null, $"has no labels of the category {(g.Key.Length == 0 ? "(none)" : g.Key)}"))];
    }

    private static IEnumerable<PopeQuestion> Label(PopeQuestion[] questions, PopeQuestion[] labels, string path)
    {
        var isNamed = questions.All(q => q is { Image: not null, Stem: not null }) && labels.All(l => l is { Image: not null, Stem: not null });
        if (!isNamed)
        {
            return questions.Length == labels.Length ? questions.Zip(labels, (q, l) => q with { IsYes = l.IsYes, Image = q.Image ?? l.Image })
                : throw new InvalidInputException(path, null, $"category {questions[0].Category}: {questions.Length} questions and {labels.Length} labels, which say "
                    + "neither image nor question: expected equally many");
        }

        var known = new Dictionary<(string, string), bool?>();
        foreach (var label in labels)
        {
            if (!known.TryAdd((label.Image!, label.Stem!), label.IsYes) && known[(label.Image!, label.Stem!)] != label.IsYes)
            {
                throw new InvalidInputException(path, label.Record, $"image {label.Image}, '{Quoted.Shorten(label.Stem!)}' is labelled both yes and no");
            }
        }

        return questions.Select(q => known.TryGetValue((q.Image!, q.Stem!), out var isYes) ? q with { IsYes = isYes } : throw new InvalidInputException(
            path, null, $"no label for question {q.Key} (image {q.Image}, '{Quoted.Shorten(q.Stem!)}'); {questions.Length} questions and {labels.Length} labels "
                + "of this category: is the other release of the file meant? (random: 2,910 or 3,000)"));
    }
}
