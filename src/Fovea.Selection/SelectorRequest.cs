using Fovea.Selection.Groups;
using Fovea.Store;

namespace Fovea.Selection;

/// <summary>What a method is made from: the corpus, and the options of which it reads some.</summary>
/// <param name="Scores">The corpus.</param>
public sealed record SelectorRequest(IScoredCorpus Scores)
{
    /// <summary>What is kept, in per cent: VIG's p, of the samples; of excess loss, of the tokens. Null: the method's own default.</summary>
    public decimal? Percent { get; init; }

    /// <summary>VIG: per cent of the tokens that pass a threshold of their own; null: tokens share the samples' tau.</summary>
    public decimal? TokenPercent { get; init; }

    /// <summary>VIG: the threshold on tokens in nats; null: by <see cref="TokenPercent"/>, or shared.</summary>
    public double? TokenTau { get; init; }

    /// <summary>PRIOR's exponent.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>VIG's visionless condition or proxy; null: the only one there is.</summary>
    public string? Against { get; init; }

    /// <summary>Whether end tokens may lose their loss.</summary>
    public bool StrictPaper { get; init; }

    /// <summary>Whether a reference model's store is joined to the corpus, under <see cref="JoinedStores.ReferencePrefix"/>.</summary>
    public bool HasReference { get; init; }

    /// <summary>The groups within which methods rank samples; null: none were given.</summary>
    public GroupAssignment? Groups { get; init; }

    /// <summary>Numbers of samples that others made; null: none were given.</summary>
    public SampleNumbers? SampleScores { get; init; }

    /// <summary>Makes the method whose choice a random control matches; null: VIG.</summary>
    public Func<SelectorRequest, ISelector>? Like { get; init; }

    /// <summary>Seed of the random methods.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The condition that a proxy's scores are stored under, by the proxy's name.</summary>
    public Func<string, string> ConditionOf { get; init; } = Conditions.Visionless;

    /// <summary>Options of methods that others added, by the keys that they list in <see cref="SelectorDefinition.Reads"/>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The method whose choice a random control matches.</summary>
    internal ISelector Matched() => Like?.Invoke(this) ?? VigMethods.Create(this, VigScope.SampleAndToken);

    /// <summary>What that method keeps.</summary>
    internal SelectionReport Count()
    {
        var method = Matched();
        return method.Count(Scores.Read(method.Conditions, method.Facts));
    }

    /// <summary>A number among <see cref="Settings"/>.</summary>
    /// <exception cref="UsageException">It is given and no finite number.</exception>
    public double Number(string key, double otherwise) => !Settings.TryGetValue(key, out var text) ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
        : throw new UsageException($"'{key}': expected a finite number, got '{Quoted.Shorten(text)}'");
}
