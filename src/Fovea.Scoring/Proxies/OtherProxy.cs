namespace Fovea.Scoring.Proxies;

/// <summary>Another sample's image. A donor with fewer images gives them in turn.</summary>
public sealed class OtherProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("another sample's image", new OtherProxy());

    public override string Name => "other";

    public override bool ShowsOthers => true;

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input)
    {
        var images = input.Another();
        return [.. Enumerable.Range(0, input.Unit.Count).Select(i => images[i % images.Count])];
    }
}
