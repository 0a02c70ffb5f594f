using Fovea.Core.Text;

namespace Fovea.Pipeline.Scores;

/// <summary>One sample of a score store as lines of text, in which nothing of the corpus can steer a terminal.</summary>
public static class SampleLines
{
    /// <summary>Its key, id and state, and its questions.</summary>
    public static IEnumerable<string> Head(SampleView sample)
    {
        var scores = sample.Scores;
        yield return $"{PlainText.Of(scores.Key.ToString(), false)} {PlainText.Of(scores.Id ?? "", false)} {PlainText.Of(scores.InvalidReason ?? (scores.HasImage ? "" : "text-only"), false)}".TrimEnd();
        foreach (var question in sample.Questions ?? [])
        {
            yield return "question: " + PlainText.Of(question, false);
        }

        if (sample.NoQuestions is { } why)
        {
            yield return $"question: not shown ({why})";
        }
    }

    /// <summary>
    /// A line for each target with its scores in aligned columns, below their heads; none for an unusable record, of which no target is known.
    /// </summary>
    /// <param name="sample">The sample.</param>
    /// <param name="more">Further columns: a head, and a text for each target.</param>
    public static IEnumerable<string> Targets(SampleView sample, params (string Head, Func<int, string> Text)[] more)
    {
        var (scores, derived) = (sample.Scores, sample.Derived);
        if (scores.TargetIds.Length == 0)
        {
            return [];
        }

        string[] heads = ["position", "token_id", "token", .. derived.Select(d => d.ColumnHead),
            .. scores.LogProbs.Keys.Select(c => "log p " + ScoreNames.ColumnHead(c)), .. sample.Facts.Select(f => f.Head), .. more.Select(m => m.Head)];
        var rows = Enumerable.Range(0, scores.TargetIds.Length).Select(t => (string[])
        [
            $"{t}", $"{scores.TargetIds[t]}", $"'{Token(sample, t)}'",
            .. derived.Select(d => Number(d.Of(scores, t), signed: d.IsVig)), .. scores.LogProbs.Values.Select(p => Number(p[t])),
            .. sample.Facts.Select(f => Number(f.Values[t])), .. more.Select(m => m.Text(t)),
        ]).ToArray();
        int[] widths = [.. heads.Select((h, c) => rows.Select(r => r[c].Length).Append(h.Length).Max())];

        // Text to the left, numbers to the right.
        return rows.Prepend(heads)
            .Select(row => string.Join("  ", row.Select((cell, c) => c == 2 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
    }

    /// <summary>The text of a target's token.</summary>
    public static string Token(SampleView sample, int target) => PlainText.Of(sample.Tokens.GetValueOrDefault(sample.Scores.TargetIds[target], ""), false);

    private static string Number(double value, bool signed = false) =>
        value.ToString(signed ? "+0.0000;-0.0000;0.0000" : "0.0000", CultureInfo.InvariantCulture);
}
