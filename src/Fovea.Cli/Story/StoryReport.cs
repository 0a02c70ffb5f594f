using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Reporting;
using Fovea.Reporting.Documents;

namespace Fovea.Cli.Story;

/// <summary>Writes the report of a run, or of one training run, from its folder alone.</summary>
internal static class StoryReport
{
    /// <summary>Reads <paramref name="folder"/> and writes <paramref name="path"/>.</summary>
    /// <exception cref="FoveaException">There is no run, or it is not complete.</exception>
    public static void Write(string folder, string path)
    {
        var manifest = StageManifest.Read(folder)
            ?? throw new InvalidInputException(folder, null, "no run here (no stage.json); give the folder of a run, a demo or a training run");
        if (!manifest.Complete)
        {
            throw new InvalidInputException(folder, null, $"this {manifest.Kind} is not complete; run it again with --resume, then report");
        }

        var document = manifest.Kind switch
        {
            "run" => OfRun(folder, manifest),
            "train" => new ReportDocument("Training run", Lead(manifest), [new ReportSection("Curves", null, TrainingCurves.Of([("loss", [folder])]))], Provenance(manifest)),
            _ => throw new InvalidInputException(folder, null, $"a {manifest.Kind} has no report; give the folder of a run, a demo or a training run"),
        };
        HtmlReport.Write(path, document);
    }

    private static ReportDocument OfRun(string folder, StageManifest manifest)
    {
        var config = ConfigBinder.Read<RunConfig>(manifest.Config.ToJsonString(), Path.Combine(folder, StageManifest.FileName));
        var scenes = config.Scenes is not null;
        var findings = scenes ? ScenesFindings.Collect(config, folder) : PhotographsFindings.Collect(config, folder);
        var sections = new List<ReportSection>
        {
            new("Findings", "Every number was measured in this run. A shaded cell differs from its baseline by more than the interval of the paired difference.",
                [.. findings.Tables.Where(t => t.InSummary).Select(ReportTables.Block)]),
        };
        sections.AddRange(scenes ? SceneFigures.Sections(config, folder) : PhotographFigures.Sections(config, folder));
        if (findings.Tables.Any(t => !t.InSummary))
        {
            sections.Add(new ReportSection("Details", null, [.. findings.Tables.Where(t => !t.InSummary).Select(ReportTables.Block)]));
        }

        sections.Add(new ReportSection("Training curves", "Mean loss a unit of weight, smoothed over the steps of one point. Losses under different weights are not comparable in height.",
            TrainingCurves.Of(TrainingCurves.Groups(folder, config.Seeds[0]))));
        return new ReportDocument(config.Name, Lead(manifest), sections, Provenance(manifest));
    }

    private static string Lead(StageManifest manifest) =>
        "What training on the tokens that need the image does, measured: PRIOR weights each caption token by how badly text alone predicts it; VIG scores each answer token by what the image adds."
        + (manifest.Kind == "run" ? "" : " One training run.");

    private static List<KeyValue> Provenance(StageManifest manifest) =>
    [
        new("config sha256", ContentHash.OfText(manifest.Config.ToJsonString())),
        new("threads of one operation", $"{manifest.NumThreads}"),
        .. manifest.Versions.Select(v => new KeyValue(v.Key, v.Value)),
        .. manifest.Inputs.Select(i => new KeyValue("input " + i.Key, i.Value)),
        new("configuration", manifest.Config.ToJsonString()),
    ];
}
