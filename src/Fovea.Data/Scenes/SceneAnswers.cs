namespace Fovea.Data.Scenes;

/// <summary>Judges answers to scene questions.</summary>
public static class SceneAnswers
{
    /// <summary>
    /// Whether the first word of <paramref name="answerText"/> that competes for the answer is the true one; an answer without such a word is wrong.
    /// The words that compete: <see cref="Choices"/>.
    /// </summary>
    /// <exception cref="FoveaException">The question asks for a description, which has no single true word: parse it with
    /// <see cref="SceneCaptionParser"/>.</exception>
    public static bool IsCorrect(SceneQuestion question, string answerText)
    {
        var choices = Choices(question);
        return SceneCaptionParser.Words(answerText).FirstOrDefault(choices.Contains) == question.Gold;
    }

    /// <summary>The words among which the question's answer is: colours, shapes, numbers, directions, yes and no, weekdays or months.</summary>
    /// <exception cref="FoveaException">The question asks for a description.</exception>
    public static IReadOnlyList<string> Choices(SceneQuestion question)
    {
        if (question.Gold is not { } gold)
        {
            throw new FoveaException($"'{question.Text}' has no single true answer: compare a description with its scene instead");
        }

        IReadOnlyList<string>[] families =
        [
            SceneWords.YesNo, SceneWords.Colours, SceneWords.Shapes, SceneWords.Numbers, SceneWords.Directions, SceneWords.Weekdays, SceneWords.Months,
        ];
        return families.FirstOrDefault(f => f.Contains(gold))
            ?? throw new FoveaException($"'{question.Text}': '{gold}' is no word that answers a scene question");
    }
}
