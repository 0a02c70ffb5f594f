using Fovea.Reporting.Documents;

namespace Fovea.Cli.Story;

/// <summary>The report's figures for a run on photographs: held-out captions as heat-maps.</summary>
internal static class PhotographFigures
{
    private const int NumExamples = 6;

    /// <summary>One section a family.</summary>
    public static IEnumerable<ReportSection> Sections(RunConfig config, string root)
    {
        var reader = new StageReader(root);
        var seed = config.Seeds[0];
        var data = PhotographsStory.HeldOut(config.Photographs!);
        foreach (var family in config.Families)
        {
            var letter = StoryNames.Of(family);
            var examples = new ScoredExamples(
                data, StoryNames.ModelOf(reader.Folder(seed, $"pretrain/{letter}-{StoryNames.Ntp}")),
                reader.Folder(seed, "scores/vig-held-out-" + letter), reader.Folder(seed, "scores/prior-held-out"),
                StoryNames.ConditionOf(config.Vig.SelectBy), pixelated: false);
            yield return new ReportSection($"Held-out photographs under the {letter.ToUpperInvariant()} model",
                $"One caption each, seed {seed}. These photographs were in no training set.",
                examples.Heatmaps(examples.Scores.DistinctBy(s => examples.Tokens(s.Key).Images[0]).Take(NumExamples)));
        }
    }
}
