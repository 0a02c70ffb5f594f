using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>What a run's tables, sentences and figures are made by.</summary>
/// <param name="Collect">Reads tables and sentences from the run's stages.</param>
/// <param name="Figures">The report's figures.</param>
/// <param name="Lead">The report's first sentence.</param>
public sealed record FindingsKind(Func<FinishedPlan, RunFindings> Collect, Func<FinishedPlan, IEnumerable<ReportSection>> Figures,
    Func<FinishedPlan, string> Lead)
{
    /// <summary>Figures that come before the tables.</summary>
    public int NumBeforeTables { get; init; } = int.MaxValue;
}

/// <summary>Kinds of findings by the name that a plan gives as <c>findings</c>.</summary>
public static class FindingsCatalog
{
    private static readonly Dictionary<string, FindingsKind> Kinds = new(StringComparer.Ordinal)
    {
        ["scenes"] = new(ScenesFindings.Collect, SceneFigures.Sections, r => Lead(r, "the built-in world", "scenes to train on")) { NumBeforeTables = 1 },
        ["photographs"] = new(PhotographsFindings.Collect, PhotographFigures.Sections, r => Lead(r, "photographs", "to train on")),
    };

    private static readonly FindingsKind Study = new(StudyFindings.Collect, _ => [],
        r => $"A study over {r.Seeds.Count} seed{(r.Seeds.Count == 1 ? "" : "s")}, its claims set down before it ran.");

    private static readonly FindingsKind General = new(ArmFindings.Collect, _ => [], ArmFindings.Lead);

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The axes that a plan must have for findings of this name.</summary>
    public static IReadOnlyList<string> Axes(string name) => Kinds.ContainsKey(name) ? StudyDesign.Axes : [];

    /// <summary>The kind that a run asked for; without a name, its study's, or all evaluations, arm beside arm.</summary>
    public static FindingsKind Of(FinishedPlan run) =>
        run.Findings is { } name && Kinds.TryGetValue(name, out var kind) ? kind : run.Manifest.Config["study"] is JsonObject ? Study : General;

    private static string Lead(FinishedPlan run, string what, string toTrainOn)
    {
        var study = StudyDesign.Of(run);
        return string.Create(CultureInfo.InvariantCulture,
            $"Training on the tokens that need the image (PRIOR, VIG), measured on {what}: {study.NumTrain:#,0} {toTrainOn}, {study.NumHeldOut:#,0} held "
                + $"out, {study.Seeds.Count} seed{(study.Seeds.Count == 1 ? "" : "s")}.");
    }
}
