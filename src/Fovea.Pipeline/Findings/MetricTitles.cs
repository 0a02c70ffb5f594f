namespace Fovea.Pipeline.Findings;

/// <summary>Metrics as the field writes them: their stable names are for files.</summary>
internal static class MetricTitles
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["chair_i"] = "CHAIR_i",
        ["chair_s"] = "CHAIR_s",
        ["nll"] = "NLL",
        ["vig"] = "VIG",
        ["pope"] = "POPE",
        ["f1"] = "F1",
        ["qa"] = "QA",
        ["auc"] = "AUC",
    };

    /// <summary>A metric's or an evaluation's name in words, e.g. <c>conflict CHAIR_i</c> for <c>conflict/chair_i</c>.</summary>
    public static string Of(string name) => string.Join(' ',
        name.Split('/').Select(part => Words.GetValueOrDefault(part) ?? string.Join(' ', part.Split('_').Select(w => Words.GetValueOrDefault(w, w)))));
}
