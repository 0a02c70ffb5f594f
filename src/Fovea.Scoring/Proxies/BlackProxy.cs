namespace Fovea.Scoring.Proxies;

/// <summary>0 before normalising.</summary>
public sealed class BlackProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("a black image", new BlackProxy());

    public override string Name => "black";

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) => [.. input.Unit.Select(u => input.Processor.Normalize(Zeros(u)))];
}
