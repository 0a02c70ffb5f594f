using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Scores;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>The report's figures for a run on photographs: held-out captions as heat-maps.</summary>
public static class PhotographFigures
{
    private const int NumExamples = 6;

    /// <summary>One section per family.</summary>
    public static IEnumerable<ReportSection> Sections(RunConfig config, string root)
    {
        var reader = new StageReader(root);
        var seed = config.Seeds[0];
        var data = PhotographsStory.HeldOut(config.Photographs!);
        foreach (var family in config.Families)
        {
            var letter = StoryNames.Of(family);
            var (examples, corpus, scores) = ScoredExamples.OfRun(
                data, StoryNames.ModelOf(reader.Folder(seed, $"pretrain/{letter}-{StoryNames.Ntp}")),
                (reader.Folder(seed, "scores/vig-held-out-" + letter), reader.Folder(seed, "scores/prior-held-out")),
                [StoryNames.ConditionOf(config.Vig.SelectBy)], pixelated: false);
            var photographs = corpus.Samples.ToDictionary(s => s.Key, s => s.Images[0]);
            yield return new ReportSection($"Held-out photographs under the {letter.ToUpperInvariant()} model",
                $"One caption each, seed {seed}. These photographs were in no training set. Beneath each word: its score. Orange: the image makes the word likelier; blue: less likely. {ScoreNames.Vig(config.Vig.SelectBy)} compares the image with {ScoreNames.Against(config.Vig.SelectBy)}.",
                examples.Heatmaps(scores.DistinctBy(s => photographs[s.Key]).Take(NumExamples)));
        }
    }
}
