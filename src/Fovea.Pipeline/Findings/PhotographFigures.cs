using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;
using Fovea.Scoring.Proxies;

namespace Fovea.Pipeline.Findings;

/// <summary>The report's figures for a run on photographs: held-out captions as heat-maps.</summary>
public static class PhotographFigures
{
    private const int NumExamples = 6;

    /// <summary>One section per family.</summary>
    public static IEnumerable<ReportSection> Sections(FinishedPlan run)
    {
        var study = StudyDesign.Of(run);
        var seed = study.Seeds[0];
        var data = ((TrainStage)StageCatalog.Create("train", run.Config(seed, "lm/reference")!)).HeldOut;
        foreach (var letter in study.Families)
        {
            var (examples, corpus, scores) = ScoredExamples.OfRun(
                data, StudyDesign.ModelOf(run.FolderOf(seed, $"pretrain/{letter}-{StudyDesign.Ntp}")),
                (run.FolderOf(seed, "scores/vig-held-out-" + letter), run.FolderOf(seed, "scores/prior-held-out")),
                [VisionlessProxy.ConditionOf(study.SelectBy)], pixelated: false);
            var photographs = corpus.Samples.ToDictionary(s => s.Key, s => s.Images[0]);
            yield return new ReportSection($"Held-out photographs under the {letter.ToUpperInvariant()} model",
                $"One caption each, seed {seed}. These photographs were in no training set. Beneath each word: its score. Orange: the image makes the word "
                    + $"likelier; blue: less likely. {ScoreNames.Vig(study.SelectBy)} compares the image with {ScoreNames.Against(study.SelectBy)}.",
                examples.Heatmaps(scores.DistinctBy(s => photographs[s.Key]).Take(NumExamples)));
        }
    }
}
