using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Scoring.Proxies;
using Fovea.Selection;

namespace Fovea.Pipeline.Plans;

/// <summary>How VIG scores and selects.</summary>
public sealed record VigPlan
{
    /// <summary>Per cent of the samples kept; 70 in the paper.</summary>
    public decimal P { get; init; } = VigOptions.PaperPercent;

    /// <summary>Which visionless condition selects: a proxy's name such as <c>blur@7.5</c>, <c>none</c>, or <c>text_only_reference</c>.</summary>
    public string SelectBy { get; init; } = "blur@7.5";

    /// <summary>Visionless proxies that are scored.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = ["blur@1.875", "blur@3.75", "blur@7.5", "none"];

    /// <summary>Mask each answer's end token like any other, as the paper's letter says.</summary>
    public bool StrictPaper { get; init; }

    /// <summary>Checks ranges and names.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        if (P is <= 0 or > 100)
        {
            throw new FoveaException(FormattableString.Invariant($"'vig.p': expected above 0 and at most 100, got {P}"));
        }

        foreach (var proxy in SelectBy == Conditions.TextOnlyReference ? Proxies : Proxies.Append(SelectBy))
        {
            VisionlessProxy.Parse(proxy);
        }
    }
}
