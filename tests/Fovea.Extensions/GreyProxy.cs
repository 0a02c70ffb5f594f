using Fovea.Core.Samples;
using Fovea.Scoring.Proxies;

namespace Fovea.Extensions;

/// <summary>Half of white before normalising.</summary>
public sealed class GreyProxy : VisionlessProxy
{
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("a grey image", new GreyProxy());

    public override string Name => "grey";

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input) =>
        [.. input.Unit.Select(u => input.Processor.Normalize(u with { Values = Array.ConvertAll(u.Values, _ => 0.5f) }))];
}
