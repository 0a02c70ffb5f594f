using System.Text.Json.Nodes;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Scores;
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
    public static RunFindings Collect(RunConfig config, string root)
    {
        var reader = new StageReader(root);
        var tables = new List<FindingTable>();
        foreach (var family in config.Families)
        {
            var letter = StoryNames.Of(family);
            var arms = config.ComparePrior ? new[] { (StoryNames.Ntp, "NTP"), (StoryNames.Prior, "PRIOR") } : [(StoryNames.Ntp, "NTP")];
            var results = reader.Results(config, arms.Select(a => (a.Item1, $"eval/{letter}-{a.Item1}")));
            tables.Add(Table($"held_out_{letter}", $"Held-out photographs, {letter.ToUpperInvariant()}: nats per token", results, StoryNames.Ntp, NllColumns, arms));
            tables.Add(Gain(config, reader, letter));
            tables.Add(Words(config, reader, letter));
        }

        tables.Add(ScenesFindings.References(config, reader));
        return new RunFindings(config.Name, tables, PhotographConclusions.Of(config, tables), HowToRead.Photographs(config));
    }

    private static FindingTable Gain(RunConfig config, StageReader reader, string letter)
    {
        Estimate Of(string name) => Bootstrap.AcrossSeeds(
            [.. config.Seeds.Select(s => EvalResultFile.Read(Path.Combine(reader.Folder(s, "eval/words-" + letter), name + ".result.json")).Metrics[0])]);
        var (train, heldOut) = (Of("vig_train"), Of("vig_held_out"));
        return new FindingTable($"vig_{letter}", $"Mean {ScoreNames.Vig(config.Vig.SelectBy)}, {letter.ToUpperInvariant()}: nats per token",
            $"Unit: photograph, {config.Photographs!.NumTrain} to train on, {config.Photographs.NumHeldOut} held out.",
            [new("vig", "mean VIG", HigherIsBetter: null)],
            [new("train", "train", [Cell(train)]), new("held_out", "held-out", [Cell(heldOut)])]);
    }

    private static FindingTable Words(RunConfig config, StageReader reader, string letter)
    {
        var words = reader.Result(config.Seeds[0], "eval/words-" + letter)["words"]!.AsArray();
        FindingCell Number(JsonNode? word, string key) => new(Value: (double?)word![key]);
        return new FindingTable($"words_{letter}", $"Which words light up on the training photographs, {letter.ToUpperInvariant()}, seed {config.Seeds[0]}",
            $"Words that occur at least {config.Photographs!.MinWordCount} times, by mean {ScoreNames.Vig(config.Vig.SelectBy)}: the first and the last. VIG of a word is the sum over its tokens, in nats. The models were trained on these captions.",
            [new("vig", "VIG"), new("surprise", "1 - p_ref"), new("count", "times", NumberStyle.Count)],
            [.. words.Select(w => new FindingRow((string)w!["word"]!, (string)w["word"]!, [Number(w, "vig"), Number(w, "surprise"), Number(w, "count")]))]);
    }
}
