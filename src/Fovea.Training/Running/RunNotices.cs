using Fovea.Core.Errors;
using Fovea.Training.Examples;

namespace Fovea.Training.Running;

/// <summary>What a person should know of a run, each line once.</summary>
/// <param name="tell">Says a line at once.</param>
internal sealed class RunNotices(Action<string> tell)
{
    private const int Most = 100;
    private readonly List<string> _lines = [];

    /// <summary>All lines, in order; no more than a hundred.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a line, if it is new.</summary>
    public void Add(string line)
    {
        if (_lines.Count < Most && !_lines.Contains(line))
        {
            _lines.Add(line);
            tell(line);
        }
    }

    /// <summary>Names samples whose weights are all 0.</summary>
    /// <exception cref="FoveaException">All samples are such.</exception>
    public void TellDeadWeights(TrainingSet set)
    {
        var dead = set.Examples.Where(e => e.Weights is { } w && Array.TrueForAll(w, x => x == 0)).Select(e => e.Sample.Key).ToArray();
        if (dead.Length == set.Count)
        {
            throw new FoveaException($"all {dead.Length} samples have weights of 0 only; there is nothing to learn: check the selection that wrote them");
        }

        if (dead.Length > 0)
        {
            Add($"{dead.Length} of {set.Count} samples have weights of 0 only and carry no loss, such as {dead[0]}");
        }
    }
}
