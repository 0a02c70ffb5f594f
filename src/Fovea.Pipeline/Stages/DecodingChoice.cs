using Fovea.Models.Guidance;
using Fovea.Scoring.Proxies;

namespace Fovea.Pipeline.Stages;

/// <summary>A decoding method as options and plans name it.</summary>
public static class DecodingChoice
{
    private const string Places = "decode";

    /// <summary>Reads a method with its settings, e.g. <c>guidance@proxy=none,gamma=0.5</c>; null where none is named.</summary>
    /// <exception cref="UsageException">It is not listed, or one of its settings is not valid.</exception>
    public static DecodingMethod? Parse(string? text, Catalogues catalogues) =>
        text is null ? null : catalogues.Decoding.Parse(text, name => Contrast(name, catalogues.Proxies.Parse(name)));

    // Proxies were made for scoring, where a sample has a key and a donor; here a prompt stands for the sample.
    private static ContrastImages Contrast(string name, VisionlessProxy proxy) => proxy.ShowsOthers
        ? throw new UsageException($"{Places}: proxy {name} shows another sample's image, which a prompt does not have; use another proxy, e.g. blur or none")
        : new ContrastImages(name, proxy.WithoutImages ? null : images => proxy.Replace(new ProxyInput(
            Stand(images.Key), images.Unit, images.Processor, Seed: 0, () => throw new InvalidOperationException("a prompt has no donor"))));

    private static TokenizedSample Stand(SampleKey key) => new()
    {
        Key = key,
        InputIds = [],
        TargetIndices = [],
        EndTargets = [],
        TargetSpans = [],
        Images = [],
        TextFingerprint = "",
        ContextFingerprint = "",
    };
}
