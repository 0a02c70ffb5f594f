using Fovea.Core.Extending;
using Fovea.Selection.Groups;
using Fovea.Selection.Neighbours;

namespace Fovea.Selection;

/// <summary>A method of selection as the catalogue lists it.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Help">What it does, in one line.</param>
/// <param name="Reads">Members of <see cref="SelectorRequest"/> that it reads, and keys of its <see cref="SelectorRequest.Settings"/>: an option that
/// no method reads is told of.</param>
/// <param name="Create">Makes it for one corpus.</param>
public sealed record SelectorDefinition(string Name, string Help, IReadOnlyCollection<string> Reads, Func<SelectorRequest, ISelector> Create) : ICatalogued
{
    public IReadOnlyList<string> OtherNames { get; init; } = [];
}

/// <summary>The methods of selection.</summary>
public static class Selectors
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<SelectorDefinition> BuiltIn { get; } = new("method",
    [
        UniformSelector.Definition,
        PriorSelector.Definition,
        VigMethods.Both,
        VigMethods.Samples,
        VigMethods.Tokens,
        RandomTokenSelector.Definition,
        RandomSampleSelector.Definition,
        LengthMatchedSelector.Definition,
        ExcessLossSelector.Definition,
        GainWeights.Soft,
        GainWeights.ImageNegative,
        DivergenceWeights.Mask,
        DivergenceWeights.Gate,
        LogitContrast.Definition,
        ModelWeights.Probability,
        ModelWeights.Entropy,
        RankedSamples.VisNec,
        RankedSamples.External,
    ]);

    /// <summary>The methods of a product such as <c>prior*vig</c>, in its order.</summary>
    /// <exception cref="Core.Errors.UsageException">One is not known.</exception>
    public static IReadOnlyList<SelectorDefinition> Parse(this Catalogue<SelectorDefinition> selectors, string product) =>
        Array.ConvertAll(product.Split('*'), name => selectors.Get(name.Trim().ToLowerInvariant(), "or a product of them (a*b)"));
}
