using Fovea.Models.Families;

namespace Fovea.Training.Options;

/// <summary>Which parameters are trained and how fast, by dotted prefixes of their names or by <see cref="ParameterPart"/>.</summary>
internal sealed class ParameterRule
{
    private const string All = "*";
    private readonly TrainingOptions _options;

    /// <param name="options">The prefixes.</param>
    /// <param name="names">The names of all parameters.</param>
    /// <exception cref="FoveaException">A prefix names no parameter, or nothing remains to be trained.</exception>
    public ParameterRule(TrainingOptions options, IReadOnlyCollection<string> names)
    {
        _options = options;
        Check("trainable", options.Trainable, names);
        Check("frozen", options.Frozen, names);
        Check("learning_rate_scales", options.LearningRateScales.Keys, names);
        if (!names.Any(Trains))
        {
            throw new FoveaException(options.Trainable.Any(p => names.Any(n => Fits(p, n)))
                ? "training.frozen: no parameter remains to be trained; freeze fewer"
                : $"training.trainable: this model has no {string.Join(" and no ", options.Trainable)}; it "
                    + $"has {string.Join(", ", names.Select(ParameterPart.Of).Distinct())}");
        }
    }

    public bool Trains(string name) => _options.Trainable.Any(p => Fits(p, name)) && !_options.Frozen.Any(p => Fits(p, name));

    public double LearningRateScale(string name) =>
        _options.LearningRateScales.Where(s => Fits(s.Key, name)).OrderBy(s => s.Key == All ? 0 : s.Key.Length).Select(s => s.Value).LastOrDefault(1);

    private static bool Fits(string prefix, string name) =>
        prefix == All || name == prefix || ParameterPart.Of(name) == prefix
            || (name.StartsWith(prefix, StringComparison.Ordinal) && (prefix.EndsWith('.') || name[prefix.Length] == '.'));

    private static void Check(string key, IEnumerable<string> prefixes, IReadOnlyCollection<string> names)
    {
        // A part that this model lacks has nothing to freeze; any other name is a slip.
        if (prefixes.FirstOrDefault(p => p.Length == 0 || (!ParameterPart.Names.Contains(p) && !names.Any(n => Fits(p, n)))) is { } stray)
        {
            var parts = names.Select(n => string.Join('.', n.Split('.').Take(2))).Distinct().Order(StringComparer.Ordinal);
            throw new FoveaException($"training.{key}: no parameter begins with '{stray}'; this model has {string.Join(", ", parts)} (or name a "
                + $"part: {string.Join(", ", ParameterPart.Names)})");
        }
    }
}
