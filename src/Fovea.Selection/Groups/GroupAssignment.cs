namespace Fovea.Selection.Groups;

/// <summary>Which group each sample is in, for methods that rank within groups.</summary>
/// <param name="groups">By sample: an index into <paramref name="names"/>.</param>
/// <param name="names">The groups' names.</param>
/// <param name="origin">Where they come from, for messages and the weights file.</param>
public sealed class GroupAssignment(IReadOnlyDictionary<SampleKey, int> groups, IReadOnlyList<string> names, string origin)
{
    /// <summary>Number of groups, with those in which nothing is ranked.</summary>
    public int Count => names.Count;

    /// <summary>Where they come from.</summary>
    public string Origin => origin;

    /// <summary>A group's name.</summary>
    public string NameOf(int group) => names[group];

    /// <summary>The group of a sample.</summary>
    /// <exception cref="InvalidInputException">It has none.</exception>
    public int Of(SampleKey key) => groups.TryGetValue(key, out var group) ? group
        : throw new InvalidInputException(key.Source, key.Record, $"has no group in {origin}; give each scored sample one");
}

/// <summary>A number for each sample, which others made.</summary>
/// <param name="numbers">By sample; NaN where it has none.</param>
/// <param name="origin">Where they come from, for messages and the weights file.</param>
public sealed class SampleNumbers(IReadOnlyDictionary<SampleKey, double> numbers, string origin)
{
    /// <summary>Where they come from.</summary>
    public string Origin => origin;

    /// <summary>The number of a sample; NaN where the file leaves it empty.</summary>
    /// <exception cref="InvalidInputException">The file does not have the sample.</exception>
    public double Of(SampleKey key) => numbers.TryGetValue(key, out var number) ? number
        : throw new InvalidInputException(key.Source, key.Record, $"is not in {origin}; give each scored sample a number, or an empty one");
}
