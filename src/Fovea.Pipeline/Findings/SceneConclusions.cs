using Fovea.Data.Scenes;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run on the built-in world found, in words.</summary>
public static class SceneConclusions
{
    /// <summary>A model sees where fewer of the objects in its captions than this are not in the scene.</summary>
    private const double MostInvented = 0.2;

    /// <summary>Warning and sentences.</summary>
    /// <param name="study">What was compared.</param>
    /// <param name="tables">Its numbers.</param>
    /// <param name="run">What was measured along training; null to say nothing of that.</param>
    public static Conclusions Of(StudyDesign study, IReadOnlyList<FindingTable> tables, FinishedPlan? run = null)
    {
        var evidence = new Evidence(tables);
        var blind = study.Families.Where(f => Sight(study, evidence, f) is not null && !Sees(study, evidence, f)).ToArray();
        string?[] sentences =
        [
            .. study.Families.Except(blind).Select(f => Sight(study, evidence, f) is { } seen ? $"The {Described(f)} sees: {seen}." : null),
            .. WordsFound(evidence, blind.Contains(StudyDesign.H)),
            .. study.Families.SelectMany(f => (string?[])[run is null ? null : AlongTraining.ToThreshold(study, run, f, MostInvented), Prior(evidence, f),
                Along(evidence, f)]),
            .. Tuning(evidence, blind.Contains(StudyDesign.H)),
            Reference(study, evidence),
        ];
        return new Conclusions(
            blind.Length == 0 ? null : string.Join(' ', blind.Select(f => $"The {Described(f)} does not see yet: {Sight(study, evidence, f)}."))
                + " What follows shows how the methods fare on a model that does not see.",
            [.. sentences.OfType<string>()]);
    }

    /// <summary>How often a colour or a shape is guessed right from the text: the bias towards a favourite, and one of six otherwise.</summary>
    internal static double Guess(double bias) => bias + ((1 - bias) / SceneWords.Colours.Count);

    /// <summary>Colours and shapes named right more often than the text lets one guess (lower end of the interval), and few invented objects.</summary>
    internal static bool Sees(FindingCell? invented, FindingCell? colour, FindingCell? shape, double guess) =>
        invented is { Value: < MostInvented } && colour is { Low: { } c } && c > guess && shape is { Low: { } s } && s > guess;

    /// <summary>The three numbers by which a model sees or does not, and what each is held to; null where none was measured.</summary>
    internal static string? Sight(FindingCell? invented, FindingCell? colour, FindingCell? shape, double guess)
    {
        string Percent(FindingCell? cell) => cell is null ? FindingNumbers.Missing : FindingNumbers.WithInterval(cell, NumberFormat.Percent);
        var objects = invented is { } cell
            ? $"{Percent(cell)} of the objects in its captions are not in the scene (seeing: under {FindingNumbers.Of(MostInvented, NumberFormat.Percent)})"
            : "its captions name no object";
        return colour is null && shape is null ? null
            : $"{objects}, and it names {Percent(colour)} of the colours and {Percent(shape)} of the shapes right, where guessing from the text gives up "
                + $"to {FindingNumbers.Of(guess, NumberFormat.Percent)}";
    }

    private static bool Sees(StudyDesign study, Evidence evidence, string letter) =>
        Sees(Invented(evidence, letter), Named(evidence, letter, "colour"), Named(evidence, letter, "shape"), Guess(study.Bias));

    private static string? Sight(StudyDesign study, Evidence evidence, string letter) =>
        Sight(Invented(evidence, letter), Named(evidence, letter, "colour"), Named(evidence, letter, "shape"), Guess(study.Bias));

    private static FindingCell? Invented(Evidence evidence, string letter) => evidence.Cell($"pretrain_{letter}", StudyDesign.Ntp, "chair_i");

    private static FindingCell? Named(Evidence evidence, string letter, string what) =>
        evidence.Cell($"classes_{letter}", StudyDesign.Ntp, "restricted_accuracy/" + what);

    private static string Described(string letter) =>
        letter == StudyDesign.H ? "H model (vision tower, projector and decoder)" : "U model (one decoder over image patches and text)";

    private static string? Prior(Evidence evidence, string letter)
    {
        return evidence.Compare($"pretrain_{letter}", StudyDesign.Prior) is { } changed
            ? $"PRIOR against plain next-token prediction in pre-training, {letter.ToUpperInvariant()} model: {changed}."
            : null;
    }

    // The last measured step at which plain training was not yet saturated; later ones show methods alike.
    private static string? Along(Evidence evidence, string letter)
    {
        if (evidence.Table($"along_{letter}") is not { } table)
        {
            return null;
        }

        var row = table.Rows.SkipLast(1).LastOrDefault(r => r.Cells[0].Value > MostInvented / 2);
        return row is not null && evidence.Compare(table.Key, row.Key) is { } changed
            ? $"On the way, after {row.Title}, PRIOR against plain next-token prediction, {letter.ToUpperInvariant()} model: {changed.Replace(AlongTraining.OfPrior, "", StringComparison.Ordinal)}." : null;
    }

    private static IEnumerable<string?> WordsFound(Evidence evidence, bool blind)
    {
        if (evidence.Table("token_auc") is not { } table)
        {
            yield break;
        }

        var scores = table.Rows.Where(r => r.Cells[0].Value is not null).OrderByDescending(r => r.Cells[0].Value).ToArray();
        if (scores.Length == 0)
        {
            yield break;
        }

        string Of(FindingCell cell) => FindingNumbers.WithInterval(cell, NumberFormat.Ratio);
        // A score finds what needs the image only if it does so against noise too: what cannot be known surprises as much as what must be seen.
        var best = scores.MaxBy(s => Math.Min(s.Cells[0].Value!.Value, s.Cells[1].Value ?? 0))!;
        var finds = best.Cells.Take(2).All(c => c is { Low: > 0.5 });
        yield return $"{(finds ? $"{best.Title} finds the words that need the image best" : $"No score finds the words that need the image; the nearest is {best.Title}")}: area under the ROC curve {Of(best.Cells[0])} against all other words, {Of(best.Cells[1])} against irreducible noise alone (0.5 is chance).";
        foreach (var score in scores.Where(s => s.Cells[1] is { High: < 0.5 }))
        {
            yield return $"{score.Title} has {Of(score.Cells[0])} against all other words but ranks irreducible noise above the words that need the image "
                + $"({Of(score.Cells[1])}, below 0.5): it finds what is surprising, not what is seen.";
        }

        var chance = scores.Where(s => s.Title != Scores.ScoreNames.Surprise && s.Cells[1] is { Low: <= 0.5, High: >= 0.5 }).Select(s => s.Title).ToArray();
        if (chance.Length > 0)
        {
            yield return $"{Evidence.And(chance)} {(chance.Length == 1 ? "does" : "do")} not tell words that need the image from noise: the interval holds "
                + $"0.5, which is chance."
                + (blind ? " The scoring model does not see yet, and VIG can show only what its scorer sees." : "");
        }
    }

    private static IEnumerable<string?> Tuning(Evidence evidence, bool blind)
    {
        if (evidence.Table("tuning") is not { } table || evidence.Compare(table.Key, table.Rows[^1].Key) is null)
        {
            yield break;
        }

        var column = table.Columns.ToList().FindIndex(c => c.Key == "qa_accuracy");
        var vig = table.Rows.Where(r => r.Title.StartsWith("VIG", StringComparison.Ordinal) && r.Cells[column].Difference is not null).ToArray();
        var better = vig.Where(r => r.Cells[column].Verdict == Tone.Better).Select(r => r.Title).ToArray();
        yield return better.Length > 0
            ? $"Tuned for equally many steps, {Evidence.And(better)} answer{(better.Length == 1 ? "s" : "")} more questions than tuning on everything (vanilla)."
            : "Tuned for equally many steps, no VIG arm answers more questions than tuning on everything (vanilla)."
                + (blind ? " Its scores come from the H model, which does not see yet." : "");
        foreach (var row in table.Rows.Where(r => r.Key != TuningArm.Vanilla))
        {
            var share = FindingNumbers.Of(row.Cells[0].Value ?? double.NaN, NumberFormat.Percent);
            yield return $"{row.Title}, {share} of the tokens supervised, against vanilla: {evidence.Compare(table.Key, row.Key)}.";
        }
    }

    /// <summary>Said where a reference's held-out loss is far above its training loss.</summary>
    internal static string? Reference(StudyDesign study, Evidence evidence)
    {
        const double Far = 0.5;
        if (evidence.Table("reference") is not { } table)
        {
            return null;
        }

        var gaps = table.Rows.Select(r => (Train: r.Cells[1].Value, HeldOut: r.Cells[2].Value))
            .Where(g => g is { Train: not null, HeldOut: not null }).ToArray();
        var (train, heldOut) = (gaps.Select(g => g.Train!.Value).DefaultIfEmpty().Average(), gaps.Select(g => g.HeldOut!.Value).DefaultIfEmpty().Average());
        return heldOut - train <= Far ? null
            : $"PRIOR's reference remembers: {FindingNumbers.Of(train, NumberFormat.Ratio)} nats per token on the captions that it was trained "
                + $"on, {FindingNumbers.Of(heldOut, NumberFormat.Ratio)} on held-out ones."
                + (study.Folds >= 2 ? $" The weights come from {study.Folds} references, each of which scores captions that it was not trained on."
                    : " Score with folds (the plan's reference_kind=folds), so that each caption is scored by a reference that was not trained on it.");
    }
}
