namespace Fovea.Scoring.Proxies;

/// <summary>A visionless proxy (arXiv 2602.17186, metric): what is shown in place of a sample's image, so that it says nothing. Thread-safe.</summary>
public abstract class VisionlessProxy
{
    /// <summary>Name in the condition, with all that decides its scores: <c>blur7.5</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The condition its scores are stored under.</summary>
    public string Condition => Conditions.Visionless(Name);

    /// <summary>Whether the text is read without image tokens; <see cref="Replace"/> then gives no images.</summary>
    public virtual bool WithoutImages => false;

    /// <summary>Whether it shows other samples' images: each sample is then given a donor (<see cref="ProxyInput.Another"/>).</summary>
    public virtual bool ShowsOthers => false;

    /// <summary>Normalised replacements, as many as the sample has images: each <c>[3, height, width]</c>; empty where it reads none.</summary>
    public abstract IReadOnlyList<PixelValues> Replace(ProxyInput input);

    /// <summary>Reads a name with its argument, e.g. <c>blur@7.5</c>, from the proxies that Fovea has.</summary>
    /// <exception cref="Core.Errors.UsageException">It is none of them, or its argument is not valid.</exception>
    public static VisionlessProxy Parse(string text) => VisionlessProxies.BuiltIn.Parse(text);

    /// <summary>The condition that a proxy's name means, or the condition itself where one is given.</summary>
    /// <exception cref="Core.Errors.UsageException">It is neither.</exception>
    public static string ConditionOf(string text) => VisionlessProxies.BuiltIn.ConditionOf(text);

    /// <summary>Zeros in the shape of an image.</summary>
    protected static PixelValues Zeros(PixelValues like) => like with { Values = new float[like.Values.Length] };
}

/// <summary>A sample whose images are replaced.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Unit">Its images in [0, 1]: each <c>[3, height, width]</c>.</param>
/// <param name="Processor">Normalises.</param>
/// <param name="Seed">Of proxies that draw.</param>
/// <param name="Another">Normalised images of the sample's donor; read anew each time.</param>
public sealed record ProxyInput(TokenizedSample Sample, IReadOnlyList<PixelValues> Unit, IImageProcessor Processor, long Seed,
    Func<IReadOnlyList<PixelValues>> Another);
