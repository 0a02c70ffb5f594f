using Fovea.Store;

namespace Fovea.Selection;

/// <summary>VIG's methods in the catalogue, and the condition that they compare with the image.</summary>
public static class VigMethods
{
    private static readonly string[] Thresholds = [nameof(SelectorRequest.Percent), nameof(SelectorRequest.Against), nameof(SelectorRequest.StrictPaper)];

    /// <summary>What a threshold on samples and tokens reads; the random tokens too, which count what it keeps.</summary>
    internal static readonly string[] AllThresholds = [.. Thresholds, nameof(SelectorRequest.TokenPercent), nameof(SelectorRequest.TokenTau)];

    /// <summary>The paper's method.</summary>
    public static SelectorDefinition Both { get; } = new("vig", "VIG: samples above the threshold, and in them the tokens above it", AllThresholds,
        r => Create(r, VigScope.SampleAndToken));

    /// <summary>On samples alone.</summary>
    public static SelectorDefinition Samples { get; } =
        new("vig-samples", "VIG's samples, with all their tokens", Thresholds, r => Create(r, VigScope.SampleOnly)) { OtherNames = ["sample-only"] };

    /// <summary>On tokens alone.</summary>
    public static SelectorDefinition Tokens { get; } =
        new("vig-tokens", "VIG's tokens, of all samples", AllThresholds, r => Create(r, VigScope.TokenOnly)) { OtherNames = ["token-only"] };

    /// <summary>What the random controls read: whose choice they match, and its options.</summary>
    internal static readonly string[] OfControls = [nameof(SelectorRequest.Seed), nameof(SelectorRequest.Like), .. AllThresholds];

    internal static VigSelector Create(SelectorRequest request, VigScope scope) => new(new VigOptions
    {
        Percent = request.Percent ?? VigOptions.PaperPercent,
        TokenPercent = request.TokenPercent,
        TokenTau = request.TokenTau,
        Without = Visionless(request),
        Scope = scope,
        StrictPaper = request.StrictPaper,
    });

    internal static string Visionless(SelectorRequest request)
    {
        var found = request.Scores.Conditions.Where(c => c != Conditions.Image && !c.StartsWith(JoinedStores.ReferencePrefix, StringComparison.Ordinal))
            .ToArray();
        var prefix = Conditions.Visionless("");
        if (request.Against is not { } against)
        {
            var proxies = Array.FindAll(found, c => c.StartsWith(prefix, StringComparison.Ordinal)); // PRIOR's reference is not a proxy
            return proxies.Length == 1
                ? proxies[0]
                : request.Scores.Conditions.Count == 0 ? throw new UsageException(
                    "--scores: the stores hold no scores: none of their samples has an image that could be scored, and VIG needs some")
                : throw new UsageException($"--against: the stores "
                    + $"hold {(proxies.Length == 0 ? "no visionless condition" : string.Join(", ", proxies))}; {(proxies.Length == 0 ? "score with fovea score vig first" : "name one")}");
        }

        var name = found.Contains(against) || against.StartsWith(prefix, StringComparison.Ordinal) ? against : request.ConditionOf(against);
        return found.Contains(name) ? name
            : throw new UsageException(
                $"--against {against}: not in the stores, which hold {(found.Length == 0 ? "no scores of samples with an image" : string.Join(", ", found))}");
    }
}
