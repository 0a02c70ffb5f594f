using Fovea.Models.Families;
using Fovea.Training.Examples;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>What a person should know about a run, each line once.</summary>
/// <param name="tell">Says a line at once.</param>
internal sealed class RunNotices(Action<string> tell)
{
    private const int Most = 100; // lines
    private readonly List<string> _lines = [];

    /// <summary>All lines, in order; a hundred, and what is told at the end.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a line, if it is new.</summary>
    public void Add(string line)
    {
        if (_lines.Count < Most)
        {
            AddAlways(line);
        }
    }

    /// <summary>Says how often a batch holds the same sample.</summary>
    public void TellCopies(int batchSize, int samples)
    {
        if (batchSize >= 2 * (long)samples)
        {
            Add($"training.batch_size {batchSize} holds {(samples == 1 ? "the only sample" : $"each of the {samples} samples")} {batchSize / samples} times; "
                + $"lower it unless that is meant");
        }
    }

    /// <summary>Names trained parameters that got no gradient, but those that nothing the model computes depends on.</summary>
    public void TellUnreached(DecoderModel model, IReadOnlyList<string> names)
    {
        var unexpected = names.Where(n => !model.IsUnused(n.Replace("base_model.model.", "", StringComparison.Ordinal))).ToArray();
        if (unexpected.Length > 0)
        {
            Add($"{unexpected.Length} trained parameters got no gradient in the first update, such as {unexpected[0]}: nothing in its batch depends on them "
                + $"(of a vision tower and a projector if it holds no image); "
                + "later batches train them, or list them in training.frozen");
        }
    }

    /// <summary>Says which model to take where held-out loss was lowest before the last step.</summary>
    /// <param name="lowest">By all evaluations.</param>
    /// <param name="last">Held-out loss after the last step.</param>
    /// <param name="steps">Of the run.</param>
    /// <param name="folder">Where the best model is; null if it was not kept.</param>
    public void TellBest(BestCheckpoint? lowest, double? last, long steps, string? folder)
    {
        if (lowest is not null && last is not null && lowest.Step < steps && lowest.Loss < last)
        {
            var advice = folder is null ? "set training.keep_best=true to keep that model"
                : $"{folder}/ is that model: use it in place of {folder[..folder.IndexOf('-', StringComparison.Ordinal)]}/";
            AddAlways(FormattableString.Invariant($"held-out loss was lowest after step {lowest.Step} ({lowest.Loss:F4}; {last:F4} at the end): {advice}"));
        }
    }

    private void AddAlways(string line)
    {
        if (!_lines.Contains(line))
        {
            _lines.Add(line);
            tell(line);
        }
    }

    /// <summary>Says so if a quarter or more of the steps made no update, or of the samples drawn could not be used.</summary>
    public void TellSkipped(TrainingCounters sums, long steps)
    {
        if (4 * sums.SkippedSteps >= steps && sums.SkippedSteps > 0)
        {
            Add($"{sums.SkippedSteps} of {steps} steps had no target with weight and made no update");
        }

        if (4 * sums.UnusableSamples >= sums.Samples + sums.UnusableSamples && sums.UnusableSamples > 0)
        {
            Add($"{sums.UnusableSamples} of {sums.Samples + sums.UnusableSamples} samples drawn could not be used; they are listed "
                + $"in {Data.Corpora.InvalidRecords.FileName}");
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
