namespace Fovea.Scoring.Proxies;

/// <summary>0 after normalising: the mean colour.</summary>
public sealed class MeanProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("the mean colour", new MeanProxy());

    public override string Name => "mean";

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) => [.. input.Unit.Select(Zeros)];
}
