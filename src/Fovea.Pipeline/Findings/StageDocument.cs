using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>A finished stage as the document of <c>--json</c>.</summary>
public static class StageDocument
{
    /// <summary>What it found and how it was run; of a score store, also what its scores say.</summary>
    public static JsonObject Of(StageManifest manifest, string folder)
    {
        var document = new JsonObject
        {
            ["metrics"] = manifest.Result!.DeepClone(),
            ["run"] = new JsonObject
            {
                ["out"] = folder,
                ["seconds"] = manifest.Seconds,
                ["config"] = manifest.Config.DeepClone(),
                ["inputs"] = JsonSerializer.SerializeToNode(manifest.Inputs),
                ["versions"] = JsonSerializer.SerializeToNode(manifest.Versions),
            },
        };
        if (EvalResults.AreOf(manifest.Kind))
        {
            document["intervals"] = new JsonObject(EvalResults.In(folder).SelectMany(r => r.Metrics).DistinctBy(m => m.Name)
                .Select(m => KeyValuePair.Create(m.Name, FindingCell.Of(Clustered.Interval(m)).ToJson())));
        }

        if (Stages.StageCatalog.IsStore(manifest.Kind))
        {
            StoreStatistics.AddTo(document, StoreStatistics.Of(ScoreStoreReader.Open(folder)));
        }

        return document;
    }
}
