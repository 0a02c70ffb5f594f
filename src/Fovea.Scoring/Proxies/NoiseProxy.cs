using Fovea.Core.Randomness;

namespace Fovea.Scoring.Proxies;

/// <summary>Standard normal after normalising.</summary>
public sealed class NoiseProxy : VisionlessProxy
{
    /// <summary>The proxy in the catalogue.</summary>
    public static ProxyDefinition Definition { get; } = ProxyDefinition.Of("Gaussian noise", new NoiseProxy());

    public override string Name => "noise";

    public override IReadOnlyList<PixelValues> Replace(ProxyInput input)
    {
        var random = new RandomSource(input.Seed, "score/noise/" + input.Sample.Key.Source, input.Sample.Key.Record);
        return [.. input.Unit.Select(u =>
        {
            var noise = Zeros(u);
            for (var i = 0; i < noise.Values.Length; i++)
            {
                noise.Values[i] = (float)random.NextGaussian();
            }

            return noise;
        })];
    }
}
