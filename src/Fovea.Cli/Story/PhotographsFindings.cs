using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Statistics;
using static Fovea.Cli.Story.ComparisonFindings;

namespace Fovea.Cli.Story;

/// <summary>What a run on photographs found.</summary>
internal static class PhotographsFindings
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
    public static Findings Collect(RunConfig config, string root)
    {
        var reader = new StageReader(root);
        var tables = new List<FindingTable>();
        foreach (var family in config.Families)
        {
            var letter = StoryNames.Of(family);
            var arms = config.ComparePrior ? new[] { (StoryNames.Ntp, "NTP"), (StoryNames.Prior, "PRIOR") } : [(StoryNames.Ntp, "NTP")];
            var results = reader.Results(config, arms.Select(a => (a.Item1, $"eval/{letter}-{a.Item1}")));
            tables.Add(Table($"held_out_{letter}", $"Held-out photographs, {letter.ToUpperInvariant()}: nats a token", results, StoryNames.Ntp, NllColumns, arms));
            tables.Add(Gain(config, reader, letter));
            tables.Add(Words(config, reader, letter));
        }

        tables.Add(ScenesFindings.References(config, reader));
        return new Findings(config.Name, tables);
    }

    private static FindingTable Gain(RunConfig config, StageReader reader, string letter)
    {
        Estimate Of(string name) => Bootstrap.AcrossSeeds(
            [.. config.Seeds.Select(s => EvalResultFile.Read(Path.Combine(reader.Folder(s, "eval/words-" + letter), name + ".result.json")).Metrics[0])]);
        var (train, heldOut) = (Of("vig_train"), Of("vig_held_out"));
        var plainly = heldOut is { Low: > 0 }
            ? "Held-out VIG is above zero: its interval leaves zero out."
            : heldOut is { High: < 0 }
                ? "Held-out VIG is BELOW zero: the image hurts on photographs that were not trained on."
                : "Held-out VIG is NOT above zero: its interval holds zero, so this model has not been shown to look at new photographs.";
        return new FindingTable($"vig_{letter}", $"Mean VIG against {config.Vig.SelectBy}, {letter.ToUpperInvariant()}: nats a token",
            string.Create(CultureInfo.InvariantCulture, $"{plainly} Unit photograph, {config.Photographs!.NumTrain} train, {config.Photographs.NumHeldOut} held out. {Bootstrap.AcrossSeedsNote}"),
            [new("vig", "mean VIG", HigherIsBetter: null)],
            [new("train", "train", [Cell(train)]), new("held_out", "held-out", [Cell(heldOut)])]);
    }

    private static FindingTable Words(RunConfig config, StageReader reader, string letter)
    {
        var words = reader.Result(config.Seeds[0], "eval/words-" + letter)["words"]!.AsArray();
        FindingCell Number(JsonNode? word, string key) => new(Value: (double?)word![key]);
        return new FindingTable($"words_{letter}", $"Which words light up on the training photographs, {letter.ToUpperInvariant()}, seed {config.Seeds[0]}",
            $"Words that stand at least {config.Photographs!.MinWordCount} times, by mean VIG against {config.Vig.SelectBy}: the first and the last. VIG of a word is the sum over its tokens, in nats. The models have seen these captions.",
            [new("vig", "VIG"), new("surprise", "1 - p_ref"), new("count", "times", NumberStyle.Count)],
            [.. words.Select(w => new FindingRow((string)w!["word"]!, (string)w["word"]!, [Number(w, "vig"), Number(w, "surprise"), Number(w, "count")]))]);
    }
}
