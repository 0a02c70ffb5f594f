using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Scores;
using Fovea.Reporting.Documents;
using Fovea.Scoring.Proxies;

namespace Fovea.Pipeline.Findings;

/// <summary>The report's figures for a run on the built-in world: token scores by class, and captions as heat-maps.</summary>
public static class SceneFigures
{
    private const int NumExamples = 6;

    /// <summary>The words beside their images, then the scores' distributions; nothing where no token was scored.</summary>
    public static IEnumerable<ReportSection> Sections(FinishedPlan run)
    {
        var study = StudyDesign.Of(run);
        if (!study.Families.Contains(StudyDesign.H))
        {
            yield break;
        }

        var seed = study.Seeds[0];
        var heldOut = run.FolderOf(seed, run.Find(seed, "data/words") is null ? "data/held-out" : "data/words");
        var (examples, corpus, scores) = ScoredExamples.OfRun(
            [new DataSource { File = Path.Combine(heldOut, SceneWorld.CaptionsFile), Images = heldOut }],
            StudyDesign.ModelOf(run.FolderOf(seed, "pretrain/h-" + StudyDesign.Ntp)),
            (run.FolderOf(seed, "scores/vig-held-out"), run.FolderOf(seed, "scores/prior-held-out")), [VisionlessProxy.ConditionOf(study.SelectBy),
                Conditions.TextOnlyReference], pixelated: true);
        var annotations = SceneAnnotations.Load(heldOut);
        string? ClassOf(Core.Samples.SampleKey key, Core.Samples.TargetSpan span) =>
            annotations.ClassOf(key, span) is { } found ? JsonNamingPolicy.KebabCaseLower.ConvertName(found.ToString()) : null;
        yield return new ReportSection("Words that need the image",
            $"Held-out captions of seed {seed}, scored by the H model after plain pre-training. Beneath each word: its score, and its class in the built-in "
                + $"world. Orange: the image makes the word likelier; blue: less likely. {ScoreNames.Vig(study.SelectBy)} compares the two images shown; VIG "
                + $"against the text-only reference compares the left one with a model that never saw an image.",
            examples.Heatmaps(scores.Where(s => s.LogProbs.Count > 0).Take(NumExamples), ClassOf));
        var spans = corpus.Samples.ToDictionary(s => s.Key, s => s.TargetSpans);
        var classified = scores.Where(s => s.LogProbs.Count > 0)
            .Select(s => (Scores: s, Classes: (string?[])[.. spans[s.Key].Select(span => ClassOf(s.Key, span))])).ToArray();
        if (AlongTraining.Curves(study, run) is { Count: > 0 } curves)
        {
            yield return new ReportSection("PRIOR against plain next-token prediction along pre-training", "Means over the seeds, at the steps that were evaluated.",
                curves);
        }

        yield return new ReportSection("Token scores by word class", $"All held-out captions of seed {seed}.",
        [
            Distribution(classified, DerivedScore.Vig(Conditions.TextOnlyReference)),
            .. study.Proxies.Select(p => Distribution(classified, DerivedScore.Vig(VisionlessProxy.ConditionOf(p)))),
            Distribution(classified, DerivedScore.Surprise),
        ]);
    }

    private static DistributionBlock Distribution((TokenScores Scores, string?[] Classes)[] classified, DerivedScore score)
    {
        var values = from s in classified
                     from pair in score.OfScored(s.Scores).Zip(s.Classes)
                     where pair.Second is not null
                     group (float)pair.First by pair.Second;
        return new DistributionBlock(score.Title, new ChartAxis(score.Title, score.IsVig ? "nats" : null),
            [.. values.Select(g => new ClassDistribution(g.Key!, [.. g]))]);
    }
}
