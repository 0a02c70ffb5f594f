using Fovea.Evaluation.Answers.Rules;
using Fovea.Evaluation.Protocols;

namespace Fovea.Evaluation.Answers.Pope;

/// <summary>An answer to one question as a rule counts it.</summary>
/// <param name="IsCorrect">Counts in accuracy.</param>
/// <param name="SaysYes">A true or false positive.</param>
/// <param name="SaysNo">A negative: to a question whose answer is yes, a false one.</param>
internal readonly record struct PopeReading(bool IsCorrect, bool SaysYes, bool SaysNo);

/// <summary>A rule of the field for POPE: how an answer is read, and what is made of all.</summary>
/// <param name="Parser">Its entry in help.</param>
/// <param name="Read">Reads an answer to a question whose right answer is yes, or is no.</param>
internal sealed record PopeRule(AnswerParser Parser, Func<string, bool, PopeReading> Read)
{
    /// <summary>Whether the whole is one pool of questions; else the mean of the categories, as papers give it whose code knows categories only.</summary>
    public bool IsPooled { get; init; }

    /// <summary>Whether the rule has 0 where it would divide by zero.</summary>
    public bool HasZero { get; init; }

    /// <summary>The key of what a judge made of an answer that the rule could not read; null where there is none.</summary>
    public string? Judged { get; init; }

    /// <summary>Whether the share of yes is that of right answers, not of those given (lmms-eval's <c>pope_yes_ratio</c>).</summary>
    public bool CountsGoldYes { get; init; }

    /// <summary>All, POPE's own first.</summary>
    public static IReadOnlyList<PopeRule> All { get; } =
    [
        new(new AnswerParser("pope", "POPE's and LLaVA's own, No/not/no among the words before the first full stop is no, else yes"), (a, g) => Two(PopeAnswer.Parse(a), g)),
        new(new AnswerParser("vcd", "yes, or no, somewhere in the answer where that is right; else the answer counts as the other"), Vcd),
        new(new AnswerParser("pai", "No/not/no/NO or a word in n't anywhere is no, else yes"), (a, g) => Two(Pai(a), g)),
        new(new AnswerParser("lmms-eval", "exactly yes or no, pooled"), (a, g) => Three(
            a.ToLowerInvariant().Trim() switch { "yes" => true, "no" => false, _ => null }, g)) { IsPooled = true, HasZero = true, CountsGoldYes = true },
        // Unknown is "not yes": the negative of its F1.
        new(new AnswerParser("vlmevalkit", "one of the words is yes and none is no, or the reverse, pooled"), (a, g) =>
            YesNoWords.Parse(a) is var said ? new PopeReading(said == g, said == true, said != true) : default) { IsPooled = true, HasZero = true, Judged = "extracted" },
    ];

    private static PopeReading Two(bool yes, bool isYes) => new(yes == isYes, yes, !yes);

    private static PopeReading Three(bool? said, bool isYes) => new(said == isYes, said == true, said == false);

    /// <summary>DAMO-NLP-SG/VCD experiments/eval/eval_pope.py: "know" and "not" hold "no"; it looks for the right answer only.</summary>
    private static PopeReading Vcd(string answer, bool isYes)
    {
        var text = answer.ToLowerInvariant();
        return Two(isYes ? text.Contains("yes", StringComparison.Ordinal) : !text.Contains("no", StringComparison.Ordinal), isYes);
    }

    /// <summary>LALBJ/PAI pope_ans.py.</summary>
    private static bool Pai(string answer) =>
        !answer.Replace(".", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal).Split(' ')
            .Any(w => w is "No" or "not" or "no" or "NO" || w.EndsWith("n't", StringComparison.Ordinal));
}
