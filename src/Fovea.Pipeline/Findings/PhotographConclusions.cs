using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run on photographs found, in words.</summary>
public static class PhotographConclusions
{
    private sealed record Gain(string Against, FindingCell Cell);

    /// <summary>Warning and sentences.</summary>
    public static Conclusions Of(StudyDesign study, IReadOnlyList<FindingTable> tables)
    {
        var evidence = new Evidence(tables);
        var letters = study.Families;
        var warnings = letters.Select(l => Blind(l, evidence)).OfType<string>().ToArray();
        string?[] sentences =
        [
            .. letters.SelectMany(l => new[] { Gains(study, l, evidence), Contradiction(study, l, evidence), Prior(l, evidence) }),
            SceneConclusions.Reference(study, evidence),
        ];
        return new Conclusions(warnings.Length == 0 ? null : string.Join(' ', warnings), [.. sentences.OfType<string>()]);
    }

    /// <summary>A model sees where the right image makes held-out captions likelier than another photograph's image does: the interval is above zero.</summary>
    private static string? Blind(string letter, Evidence evidence) => evidence.Cell("held_out_" + letter, StudyDesign.Ntp, "vig/other_image") switch
    {
        null => null,
        { } cell when Sign(cell) > 0 => null,
        { } cell => $"The {letter.ToUpperInvariant()} model does not see yet: on held-out photographs the right image "
            + $"is {Worth(cell)} {Than(cell, "another photograph's")}{(Sign(cell) < 0 ? "" : "; above zero would be seeing")}.",
    };

    private static IReadOnlyList<Gain> All(StudyDesign study, string letter, Evidence evidence)
    {
        (string, FindingCell?)[] found =
        [
            ("another photograph's image", evidence.Cell("held_out_" + letter, StudyDesign.Ntp, "vig/other_image")),
            ("no image", evidence.Cell("held_out_" + letter, StudyDesign.Ntp, "vig/no_image")),
            (ScoreNames.Against(study.SelectBy), evidence.Cell("vig_" + letter, "held_out", "vig")),
        ];
        return [.. found.Where(f => f.Item2 is not null).Select(f => new Gain(f.Item1, f.Item2!))];
    }

    private static string? Gains(StudyDesign study, string letter, Evidence evidence)
    {
        var gains = All(study, letter, evidence);
        var train = evidence.Cell("vig_" + letter, "train", "vig");
        return gains.Count == 0 ? null
            : $"{letter.ToUpperInvariant()} model, held-out photographs: the right image "
                + $"is {Evidence.And([.. gains.Select(g => $"{Worth(g.Cell)} {Than(g.Cell, g.Against)}")])}"
                + (train is null ? "." : $"; on the photographs that it was trained on, {ScoreNames.Vig(study.SelectBy)} "
                    + $"is {Nats(train.Value)} {FindingNumbers.Interval(train.Low, train.High, NumberFormat.Ratio)}.");
    }

    private static string? Contradiction(StudyDesign study, string letter, Evidence evidence)
    {
        var gains = All(study, letter, evidence);
        var (above, not) = (gains.Where(g => Sign(g.Cell) > 0).ToArray(), gains.Where(g => Sign(g.Cell) <= 0).ToArray());
        return above.Length == 0 || not.Length == 0 ? null
            : $"The comparisons contradict each other for {letter.ToUpperInvariant()}: above zero against {Evidence.And([.. above.Select(g => g.Against)])}, "
                + $"{Evidence.And([.. not.Select(g => $"{(Sign(g.Cell) < 0 ? "below zero" : "not above zero")} against {g.Against}")])}. A gain against one of "
                + $"them alone does not show that the model looks.";
    }

    private static string? Prior(string letter, Evidence evidence) => evidence.Compare("held_out_" + letter, StudyDesign.Prior) is { } changed
        ? $"PRIOR against plain next-token prediction, {letter.ToUpperInvariant()} model, held-out photographs: {changed}."
        : null;

    private static int Sign(FindingCell cell) => FindingNumbers.Sign(cell, NumberFormat.Ratio);

    private static string Worth(FindingCell cell) => Sign(cell) switch
    {
        > 0 => $"{Nats(cell.Value)} better",
        < 0 => $"{Nats(-cell.Value)} worse",
        0 => $"neither better nor worse ({Nats(cell.Value)})",
    };

    private static string Than(FindingCell cell, string what) =>
        $"than {what} {FindingNumbers.Interval(cell.Low, cell.High, NumberFormat.Ratio)}".TrimEnd();

    private static string Nats(double? value) => FindingNumbers.Of(value, NumberFormat.Ratio) + " nats per token";
}
