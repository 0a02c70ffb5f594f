namespace Fovea.Scoring.Proxies;

/// <summary>No image tokens at all, text unchanged.</summary>
public sealed class NoneProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("no image tokens", new NoneProxy());

    /// <inheritdoc/>
    public override string Name => "none";

    /// <inheritdoc/>
    public override bool WithoutImages => true;

    /// <inheritdoc/>
    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) => [];
}
