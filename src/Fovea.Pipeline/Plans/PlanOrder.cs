using Fovea.Core.Configuration;

namespace Fovea.Pipeline.Plans;

/// <summary>Puts the stages that are wanted, and what they read, into an order in which each comes after what it reads.</summary>
/// <param name="stages">All stages.</param>
/// <param name="uses">Whom each reads.</param>
/// <param name="targets">Names of those that are wanted; null: all.</param>
internal sealed class PlanOrder(IReadOnlyList<ExpandedStage> stages, IReadOnlyDictionary<string, IReadOnlyList<PlanReferences.Use>> uses, ConfigNode? targets)
{
    private readonly List<ExpandedStage> _order = [];
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private readonly List<ExpandedStage> _open = [];

    /// <summary>The stages that run.</summary>
    /// <exception cref="InvalidInputException">Stages read each other.</exception>
    public IReadOnlyList<ExpandedStage> Stages()
    {
        foreach (var stage in Wanted())
        {
            Visit(stage, stage.At);
        }

        return _order;
    }

    private IEnumerable<ExpandedStage> Wanted()
    {
        if (targets is null)
        {
            return stages;
        }

        string[][] patterns = [.. targets.Elements.Select(
            t => t.Kind == JsonTokenType.String ? t.Text.Split('/') : throw t.Error($"'targets': expected names of stages, got {t.InWords}"))];
        var wanted = stages.Where(s => patterns.Any(p => PlanPattern.Fits(s.Local.Split('/'), p))).ToArray();
        return wanted.Length > 0
            ? wanted : throw targets.Error($"'targets': expected a list of names of stages, such as \"{stages[0].Local}\" or \"eval/*\"; none fits");
    }

    private void Visit(ExpandedStage stage, ConfigNode at)
    {
        if (_open.IndexOf(stage) is >= 0 and var from)
        {
            throw at.Error($"stages read each other: {string.Join(" -> ", _open.Skip(from).Append(stage).Select(s => s.Name))}");
        }

        if (!_done.Add(stage.Name))
        {
            return;
        }

        _open.Add(stage);
        foreach (var use in uses[stage.Name])
        {
            Visit(use.Target, use.At);
        }

        _open.Remove(stage);
        _order.Add(stage);
    }
}
