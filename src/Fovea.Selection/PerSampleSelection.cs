namespace Fovea.Selection;

/// <summary>A fitted method whose decision on a sample needs nothing but that sample.</summary>
internal sealed class PerSampleSelection(Func<TokenScores, Decision> decide, double? tau = null, double? tokenTau = null) : ISelection
{
    public double? Tau => tau;

    public double? TokenTau => tokenTau;

    public Decision Decide(TokenScores sample) => decide(sample);

    /// <summary>Samples that methods rank and decide on.</summary>
    public static bool IsRanked(TokenScores sample) => sample is { HasImage: true, InvalidReason: null };
}
