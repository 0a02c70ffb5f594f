namespace Fovea.Scoring.Proxies;

/// <summary>No image tokens at all, text unchanged.</summary>
public sealed class NoneProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("no image tokens", new NoneProxy());

    public override string Name => "none";

    public override bool WithoutImages => true;

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) => [];
}
