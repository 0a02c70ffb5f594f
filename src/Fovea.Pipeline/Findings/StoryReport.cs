using System.Globalization;
using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Reporting;
using Fovea.Reporting.Documents;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>Writes the report of whatever a folder holds, from that folder alone.</summary>
public static class StoryReport
{
    private const string Accepted = "give the folder of a run or demo, a training run, an evaluation, a score store or a selection";

    /// <summary>Reads <paramref name="folder"/> and writes <paramref name="path"/>.</summary>
    /// <param name="folder">A run, training run, evaluation, score store or selection.</param>
    /// <param name="path">The page.</param>
    /// <param name="baseline">The evaluation that an evaluation is compared with; null for none.</param>
    /// <exception cref="FoveaException">There is nothing of these, or it is not complete.</exception>
    public static void Write(string folder, string path, string? baseline = null)
    {
        if (baseline is not null && StageManifest.Read(folder)?.Kind is not ("eval_scenes" or "eval_photographs"))
        {
            throw new UsageException("--baseline: compares two evaluations; give folders that 'fovea eval' wrote");
        }

        HtmlReport.Write(path, Document(folder, baseline));
    }

    private static ReportDocument Document(string folder, string? baseline)
    {
        if (StageManifest.Read(folder) is not { } manifest)
        {
            return ScoreStoreReader.IsStore(folder) ? StoreReport.Of(folder)
                : !Directory.Exists(folder) ? throw new InvalidInputException(folder, null, $"no such folder; {Accepted}")
                : throw new InvalidInputException(folder, null, $"nothing to report here (no {StageManifest.FileName}); {Accepted}");
        }

        if (!manifest.Complete)
        {
            throw new InvalidInputException(folder, null, $"this work ({StageCatalog.TitleOf(manifest.Kind)}) is not complete; run the same command again{(manifest.Kind is "score_vig" or "score_prior" ? "" : " with --resume")}, then report");
        }

        return manifest.Kind switch
        {
            "run" => OfRun(folder, manifest),
            "train" => TrainingReport.Of(folder, manifest),
            "score_vig" or "score_prior" => StoreReport.Of(folder),
            "select" => WeightsReport.Of(folder, manifest),
            "eval_scenes" or "eval_photographs" => EvaluationReport.Of(folder, manifest, baseline),
            _ => throw new InvalidInputException(folder, null, $"holds {StageCatalog.TitleOf(manifest.Kind)}, of which there is no report; {Accepted}"),
        };
    }

    private static ReportDocument OfRun(string folder, StageManifest manifest)
    {
        var config = ConfigBinder.Read<RunConfig>(manifest.Config.ToJsonString(), Path.Combine(folder, StageManifest.FileName));
        var scenes = config.Scenes is not null;
        var findings = scenes ? ScenesFindings.Collect(config, folder) : PhotographsFindings.Collect(config, folder);
        var figures = (scenes ? SceneFigures.Sections(config, folder) : PhotographFigures.Sections(config, folder)).ToArray();
        var pictures = scenes ? 1 : figures.Length;
        ReportSection[] sections =
        [
            new("Findings", null, [new ListBlock(findings.Conclusions.Sentences), new ProseBlock(findings.HowToRead)]),
            .. figures.Take(pictures),
            new("Numbers", "Every number was measured in this run. Δ is the paired difference to the baseline with its interval; filled marks are better, hollow ones worse.",
                [.. findings.Tables.Where(t => t.InSummary).Select(ReportTables.Block)]),
            .. figures.Skip(pictures),
            .. findings.Tables.Any(t => !t.InSummary) ? [new("Details", null, [.. findings.Tables.Where(t => !t.InSummary).Select(ReportTables.Block)])] : (ReportSection[])[],
            new("Training curves", "Mean loss per unit of weight, smoothed over the steps of one point. Losses under different weights are not comparable in height.",
                TrainingCurves.Of(TrainingCurves.Groups(folder, config.Seeds[0]))),
        ];
        return new ReportDocument(config.Name, Lead(config), sections, ReportProvenance.Of(manifest), findings.Conclusions.Warning);
    }

    private static string Lead(RunConfig config) => string.Create(CultureInfo.InvariantCulture,
        $"Training on the tokens that need the image (PRIOR, VIG), measured on {(config.Scenes is { } s ? $"the built-in world: {s.NumTrainScenes:#,0} scenes to train on, {s.NumHeldOutScenes:#,0} held out" : $"photographs: {config.Photographs!.NumTrain:#,0} to train on, {config.Photographs.NumHeldOut:#,0} held out")}, {config.Seeds.Count} seed{(config.Seeds.Count == 1 ? "" : "s")}.");
}
