using Fovea.Cli.Stages;
using Fovea.Core.Scores;
using Fovea.Data.Scenes;
using Fovea.Reporting.Documents;

namespace Fovea.Cli.Story;

/// <summary>The report's figures for a run on the built-in world: token scores by class, and captions as heat-maps.</summary>
internal static class SceneFigures
{
    private const int NumExamples = 6;

    /// <summary>Sections of figures; none where no token was scored.</summary>
    public static IEnumerable<ReportSection> Sections(RunConfig config, string root)
    {
        if (!config.Families.Contains(ModelFamily.H))
        {
            yield break;
        }

        var reader = new StageReader(root);
        var seed = config.Seeds[0];
        var heldOut = reader.Folder(seed, "data/held-out");
        var examples = new ScoredExamples(
            [new DataSource { File = Path.Combine(heldOut, SceneWorld.CaptionsFile), Images = heldOut }],
            StoryNames.ModelOf(reader.Folder(seed, "pretrain/h-" + StoryNames.Ntp)),
            reader.Folder(seed, "scores/vig-held-out"), reader.Folder(seed, "scores/prior-held-out"), Conditions.TextOnlyReference, pixelated: true);
        var annotations = SceneAnnotations.Load(heldOut);
        string? ClassOf(Core.Samples.SampleKey key, Core.Samples.TargetSpan span) => annotations.ClassOf(key, span)?.ToString().ToLowerInvariant();
        yield return new ReportSection("Words that need the image",
            $"Held-out captions of seed {seed}, scored by the aligned model. Hover over a word for its number and class. The blurred twin is the paper's visionless proxy.",
            examples.Heatmaps(examples.Scores.Where(s => s.LogProbs.Count > 0).Take(NumExamples), ClassOf));
        yield return new ReportSection("Token scores by word class", $"All held-out captions of seed {seed}.",
        [
            Distribution(examples, ClassOf, "VIG against the text-only reference", "nats", s => Difference(s, Conditions.TextOnlyReference)),
            .. config.Vig.Proxies.Select(p => StoryNames.ConditionOf(p)).Select(c => Distribution(examples, ClassOf, "VIG against " + c, "nats", s => Difference(s, c))),
            Distribution(examples, ClassOf, "1 - p_ref (PRIOR)", null, s => [.. s.LogProbs[Conditions.TextOnlyReference].Select(x => (float)TokenMeasures.OneMinusProbability(x))]),
        ]);
    }

    private static float[] Difference(TokenScores scores, string condition) =>
        [.. scores.LogProbs[Conditions.Image].Zip(scores.LogProbs[condition], (a, b) => (float)TokenMeasures.Difference(a, b))];

    private static DistributionBlock Distribution(
        ScoredExamples examples, Func<Core.Samples.SampleKey, Core.Samples.TargetSpan, string?> classOf, string title, string? unit, Func<TokenScores, float[]> score)
    {
        var values = from s in examples.Scores
                     where s.LogProbs.Count > 0
                     from pair in score(s).Zip(examples.Tokens(s.Key).TargetSpans, (value, span) => (value, name: classOf(s.Key, span)))
                     where pair.name is not null
                     group pair.value by pair.name;
        return new DistributionBlock(title, new ChartAxis(title, unit), [.. values.Select(g => new ClassDistribution(g.Key!, [.. g]))]);
    }
}
