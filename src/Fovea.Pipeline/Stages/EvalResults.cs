using Fovea.Core.Results;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Results;
using Fovea.Models.Guidance;

namespace Fovea.Pipeline.Stages;

/// <summary>What evaluation stages leave behind.</summary>
public static class EvalResults
{
    /// <summary>What the name of a file of results ends in; an evaluation's name is before it.</summary>
    public const string FileEnd = ".result.json";

    /// <summary>Whether a kind of stage writes them.</summary>
    public static bool AreOf(string? kind) => AreOfModel(kind) || kind is "token_scores" or "stored_words" or "score_agreement";

    /// <summary>Whether they are of a model that the stage ran, and so belong to an arm of a plan.</summary>
    public static bool AreOfModel(string? kind) => kind is "eval" or "eval_scenes" or "eval_photographs" or "eval_corpus" or "vig_questions";

    /// <summary>All results in a folder, in the order of their names; none where it is not there.</summary>
    public static IReadOnlyList<EvalResult> In(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, "*" + FileEnd).Order(StringComparer.Ordinal).Select(EvalResultFile.Read)];

    /// <summary>Writes results, and returns each metric's value for the manifest; null without data.</summary>
    public static JsonObject Write(StageContext context, params IReadOnlyList<EvalResult> results)
    {
        var values = new JsonObject();
        foreach (var result in results)
        {
            EvalResultFile.Write(Path.Combine(context.Out, result.Evaluation + FileEnd), result);
            foreach (var metric in result.Metrics)
            {
                values[metric.Name] = metric.Count > 0 ? metric.Value : null;
            }
        }

        return values;
    }

    /// <summary>The same, with how many records were left out and why, and how answers were decoded, with all settings.</summary>
    public static JsonObject Write(StageContext context, IReadOnlyList<EvalResult> results, IReadOnlyCollection<InvalidRecord> left, DecodingMethod? method)
    {
        var values = Write(context, results);
        values["invalid_samples"] = left.Count;
        values["invalid_reasons"] = LeftOutRecords.Reasons(left);
        if (method is not null)
        {
            values["decode"] = method.Description;
        }

        return values;
    }
}
