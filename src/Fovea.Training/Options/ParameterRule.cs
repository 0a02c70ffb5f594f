using Fovea.Core.Errors;
using Fovea.Models.Parameters;

namespace Fovea.Training.Options;

/// <summary>Which parameters are trained and how fast, by dotted prefixes of their names.</summary>
internal sealed class ParameterRule
{
    private const string All = "*";
    private readonly TrainingOptions _options;

    /// <exception cref="FoveaException">A prefix names no parameter, or nothing remains to be trained.</exception>
    public ParameterRule(TrainingOptions options, ParameterSet parameters)
    {
        _options = options;
        Check("trainable", options.Trainable, parameters);
        Check("frozen", options.Frozen, parameters);
        Check("learning_rate_scales", options.LearningRateScales.Keys, parameters);
        if (!parameters.Names.Any(Trains))
        {
            throw new FoveaException("training.frozen: no parameter remains to be trained; freeze fewer");
        }
    }

    public bool Trains(string name) => _options.Trainable.Any(p => Fits(p, name)) && !_options.Frozen.Any(p => Fits(p, name));

    public double LearningRateScale(string name) =>
        _options.LearningRateScales.Where(s => Fits(s.Key, name)).OrderBy(s => s.Key == All ? 0 : s.Key.Length).Select(s => s.Value).LastOrDefault(1);

    private static bool Fits(string prefix, string name) =>
        prefix == All || name == prefix || (name.StartsWith(prefix, StringComparison.Ordinal) && (prefix.EndsWith('.') || name[prefix.Length] == '.'));

    private static void Check(string key, IEnumerable<string> prefixes, ParameterSet parameters)
    {
        if (prefixes.FirstOrDefault(p => p.Length == 0 || !parameters.Names.Any(n => Fits(p, n))) is { } stray)
        {
            var parts = parameters.Names.Select(n => string.Join('.', n.Split('.').Take(2))).Distinct().Order(StringComparer.Ordinal);
            throw new FoveaException($"training.{key}: no parameter begins with '{stray}'; this model has {string.Join(", ", parts)}");
        }
    }
}
