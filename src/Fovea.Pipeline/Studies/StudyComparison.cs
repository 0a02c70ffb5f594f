using Fovea.Evaluation.Statistics;

namespace Fovea.Pipeline.Studies;

/// <summary>What a comparison showed.</summary>
public enum Outcome
{
    /// <summary>Not beyond chance at Holm's adjusted level.</summary>
    NotShown,

    /// <summary>As claimed.</summary>
    Supported,

    /// <summary>A difference, and the other way than claimed.</summary>
    Contradicted,
}

/// <summary>One comparison of a claim, tested over the seeds that have data on both sides.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Measure">The measure.</param>
/// <param name="Test">The paired test; null where no seed has data.</param>
/// <param name="AdjustedP">Holm's over all comparisons of the study; null where there is no p.</param>
public sealed record StudyComparison(StudyClaim Claim, string Arm, string Measure, PairedTest? Test, double? AdjustedP)
{
    /// <summary>The level that a study's claims share.</summary>
    public const double Alpha = 0.05;

    /// <summary>What it showed.</summary>
    public Outcome Outcome => AdjustedP is not < Alpha ? Outcome.NotShown
        : Claim.Expect == ExpectedDifference.Different || Test!.Mean > 0 == (Claim.Expect == ExpectedDifference.Higher) ? Outcome.Supported
        : Outcome.Contradicted;

    /// <summary>All comparisons of a study, in its order. One without data or with a single seed counts among the tests and shows nothing.</summary>
    /// <exception cref="Core.Errors.FoveaException">Values that are asked for were not measured.</exception>
    public static IReadOnlyList<StudyComparison> Of(StudyQuestions questions, StudyValues values)
    {
        var asked = questions.Comparisons().ToArray();
        var tests = Array.ConvertAll(asked,
            a => Differences(questions, values, a.Claim, a.Arm, a.Measure) is { Length: > 0 } d ? PairedTest.Of(d, Alpha, asked.Length) : null);
        var adjusted = PairedTest.Holm(Array.ConvertAll(tests, t => t?.P ?? 1));
        return [.. asked.Select((a, i) => new StudyComparison(a.Claim, a.Arm, a.Measure, tests[i], tests[i]?.P is null ? null : adjusted[i]))];
    }

    private static double[] Differences(StudyQuestions questions, StudyValues values, StudyClaim claim, string arm, string measure)
    {
        var of = questions.Read(values, arm, measure);
        var against = claim.Against is { } other ? questions.Read(values, other, measure) : Array.ConvertAll(of, _ => claim.Than);
        return [.. of.Zip(against, (a, b) => a - b).OfType<double>()];
    }
}
