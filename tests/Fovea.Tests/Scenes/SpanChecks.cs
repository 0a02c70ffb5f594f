using Fovea.Core.Samples;
using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

internal static class SpanChecks
{
    /// <summary>Spans cover each non-blank character of each answer once, and each word belongs to its class.</summary>
    public static void Check(AnnotatedSample record)
    {
        var turns = record.Sample.Turns;
        for (var turn = 0; turn < turns.Count; turn++)
        {
            var covered = new int[turns[turn].Text.Length];
            foreach (var span in record.Spans.Where(s => s.Turn == turn))
            {
                for (var i = span.Start; i < span.End; i++)
                {
                    covered[i]++;
                }

                CheckWord(turns[turn].Text[span.Start..span.End], span.Class, turns[turn - 1].Text);
            }

            Assert.Equal(turns[turn].Text.Select(c => turns[turn].Role == Role.Assistant && c != ' ' ? 1 : 0), covered);
        }
    }

    private static void CheckWord(string word, TokenClass tokenClass, string question)
    {
        if (word is "." or ",")
        {
            Assert.True(tokenClass is TokenClass.Filler or TokenClass.Boilerplate);
            return;
        }

        Assert.Contains(word, SceneWords.All);
        switch (tokenClass)
        {
            case TokenClass.Filler:
                Assert.True(SceneWords.Function.Contains(word) || word == "no" || question.Contains(word, StringComparison.Ordinal), word);
                break;
            case TokenClass.Boilerplate:
                Assert.Contains(word, SceneWords.BoilerplateSentences.SelectMany(s => s.Split(' ')).Concat(["taken", "sent", "by", "to", "on", "in"]));
                break;
            case TokenClass.PriorFollowing:
                Assert.Contains(word, SceneWords.Colours.Concat(SceneWords.Shapes).Append("yes"));
                break;
            case TokenClass.WrongLabel:
                Assert.Contains(word, SceneWords.Colours.Concat(SceneWords.Shapes).Concat(SceneWords.Numbers).Concat(SceneWords.Directions)
                    .Concat(SceneWords.YesNo));
                break;
            default:
                Assert.Contains(word, SceneWords.Competing(tokenClass));
                break;
        }
    }
}
