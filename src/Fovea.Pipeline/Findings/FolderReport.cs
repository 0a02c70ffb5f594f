using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Reporting;
using Fovea.Reporting.Documents;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>Writes the report of whatever a folder holds, from that folder alone.</summary>
public static class FolderReport
{
    private const string Accepted = "give the folder of a run or demo, a training run, an evaluation, scored answers, a score store or a selection";

    /// <summary>Reads <paramref name="folder"/> and writes <paramref name="path"/>.</summary>
    /// <param name="folder">A run, training run, evaluation, score store or selection.</param>
    /// <param name="path">The page.</param>
    /// <param name="baseline">The evaluation that an evaluation is compared with; null for none.</param>
    /// <exception cref="FoveaException">There is nothing of these, or it is not complete.</exception>
    public static void Write(string folder, string path, string? baseline = null)
    {
        if (baseline is not null && !EvalResults.AreOf(StageManifest.Read(folder)?.Kind))
        {
            throw new UsageException("--baseline: compares two evaluations; give folders that 'fovea eval' wrote");
        }

        HtmlReport.Write(path, Document(folder, baseline));
    }

    private static ReportDocument Document(string folder, string? baseline)
    {
        if (StageManifest.Read(folder) is not { } manifest)
        {
            return KeptFindings.Read(folder) is { } kept ? kept.Document() : ScoreStoreReader.IsStore(folder) ? StoreReport.Of(folder)
                : !Directory.Exists(folder) ? throw new InvalidInputException(folder, null, $"no such folder; {Accepted}")
                : throw new InvalidInputException(folder, null, $"nothing to report here (no {StageManifest.FileName}); {Accepted}");
        }

        if (!manifest.Complete)
        {
            throw new InvalidInputException(folder, null, $"this work ({StageCatalog.TitleOf(manifest.Kind)}) is not complete; run the same command "
                + $"again{(StageCatalog.IsStore(manifest.Kind) ? "" : " with --resume")}, then report");
        }

        return manifest.Kind switch
        {
            "run" => OfRun(folder),
            "train" => TrainingReport.Of(folder, manifest),
            var kind when StageCatalog.IsStore(kind) => StoreReport.Of(folder),
            "select" => WeightsReport.Of(folder, manifest),
            var kind when EvalResults.AreOf(kind) => EvaluationReport.Of(folder, manifest, baseline),
            _ => throw new InvalidInputException(folder, null, $"holds {StageCatalog.TitleOf(manifest.Kind)}, of which there is no report; {Accepted}"),
        };
    }

    private static ReportDocument OfRun(string folder)
    {
        var run = FinishedPlan.Read(folder);
        var kind = FindingsCatalog.Of(run);
        var findings = kind.Collect(run);
        var figures = kind.Figures(run).ToArray();
        ReportSection[] sections =
        [
            new("Findings", null, [new ListBlock(findings.Conclusions.Sentences), new ProseBlock(findings.HowToRead)]),
            .. figures.Take(kind.NumBeforeTables),
            new("Numbers", "Every number was measured in this run. Δ is the paired difference to the baseline with its interval; filled marks are better, "
                + "hollow ones worse.",
                [.. findings.Tables.Where(t => t.InSummary).Select(ReportTables.Block)]),
            .. figures.Skip(kind.NumBeforeTables),
            .. findings.Tables.Any(t => !t.InSummary) ? [new("Details", null, [.. findings.Tables.Where(t => !t.InSummary).Select(ReportTables.Block)])]
                : (ReportSection[])[],
            new("Training curves",
                "Mean loss per unit of weight, smoothed over the steps of one point. Losses under different weights are not comparable in height.",
                TrainingCurves.Of(TrainingCurves.Groups(run))),
        ];
        return new ReportDocument(run.Title, kind.Lead(run), sections, ReportProvenance.Of(run.Manifest), findings.Conclusions.Warning);
    }
}
