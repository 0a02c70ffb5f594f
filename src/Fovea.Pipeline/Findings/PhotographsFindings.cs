using Fovea.Evaluation.Results;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Reporting.Documents;
using static Fovea.Pipeline.Findings.ComparisonFindings;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run on photographs found.</summary>
public static class PhotographsFindings
{
    private static readonly MetricColumn[] NllColumns =
    [
        new("caption_nll", "nll/image", "NLL, right image"),
        new("caption_nll", "nll/other_image", "NLL, another's"),
        new("caption_nll", "nll/no_image", "NLL, none"),
        new("caption_nll", "vig/other_image", "right against another's"),
        new("caption_nll", "vig/no_image", "right against none"),
    ];

    /// <summary>Reads all tables.</summary>
    public static RunFindings Collect(FinishedPlan run)
    {
        var study = StudyDesign.Of(run);
        var tables = new List<FindingTable>();
        foreach (var letter in study.Families)
        {
            var arms = study.Arms;
            var results = run.Results(arms.Select(a => (a.Arm, $"eval/{letter}-{a.Arm}")));
            tables.Add(Table($"held_out_{letter}", $"Held-out photographs, {letter.ToUpperInvariant()}: nats per token", results,
                StudyDesign.Ntp, NllColumns, arms));
            tables.Add(Gain(study, run, letter));
            tables.Add(Words(study, run, letter));
        }

        tables.Add(ScenesFindings.References(study, run));
        return new RunFindings(study.Name, tables, PhotographConclusions.Of(study, tables), HowToRead.Photographs(study));
    }

    private static FindingTable Gain(StudyDesign study, FinishedPlan run, string letter)
    {
        Estimate Of(string name) => Bootstrap.AcrossSeeds(
            [.. study.Seeds.Select(s => EvalResultFile.Read(Path.Combine(run.FolderOf(s, "eval/words-" + letter), name + ".result.json")).Metrics[0])]);
        var (train, heldOut) = (Of("vig_train"), Of("vig_held_out"));
        return new FindingTable($"vig_{letter}", $"Mean {ScoreNames.Vig(study.SelectBy)}, {letter.ToUpperInvariant()}: nats per token",
            $"Unit: photograph, {study.NumTrain} to train on, {study.NumHeldOut} held out.",
            [new("vig", "mean VIG", HigherIsBetter: null)],
            [new("train", "train", [FindingCell.Of(train)]), new("held_out", "held-out", [FindingCell.Of(heldOut)])]);
    }

    private static FindingTable Words(StudyDesign study, FinishedPlan run, string letter)
    {
        var words = run.Result(study.Seeds[0], "eval/words-" + letter)["words"]!.AsArray();
        FindingCell Number(JsonNode? word, string key) => new(Value: (double?)word![key]);
        return new FindingTable($"words_{letter}", $"Which words light up on the training photographs, {letter.ToUpperInvariant()}, seed {study.Seeds[0]}",
            $"Words that occur at least {study.MinWordCount} times, by mean {ScoreNames.Vig(study.SelectBy)}: the first and the last. VIG of a word is the sum "
                + $"over its tokens, in nats. The models were trained on these captions.",
            [new("vig", "VIG"), new("surprise", "1 - p_ref"), new("count", "times", NumberFormat.Count)],
            [.. words.Select(w => new FindingRow((string)w!["word"]!, (string)w["word"]!, [Number(w, "vig"), Number(w, "surprise"), Number(w, "count")]))]);
    }
}
