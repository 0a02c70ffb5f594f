using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Scoring.Proxies;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>What <see cref="VigScorer"/> does beyond <see cref="ScoringOptions"/>.</summary>
public sealed record VigScorerOptions
{
    /// <summary>The visionless proxies, one condition each.</summary>
    public IReadOnlyList<VisionlessProxy> Proxies { get; init; } = [new VisionlessProxy(ProxyKind.Blur)];

    /// <summary>Of the proxies that draw: noise and other.</summary>
    public long Seed { get; init; }

    /// <summary>Hash over the bytes of a sample's image files, stored with its scores; null stores none.</summary>
    public Func<TokenizedSample, string?>? ImageHash { get; init; }
}

/// <summary>
/// VIG's scores (arXiv 2602.17186, metric): log-probabilities of the targets with the image and with each visionless proxy, in one pass over the corpus.
/// </summary>
public sealed class VigScorer : ITokenScorer
{
    private readonly VisionLanguageModel _model;
    private readonly ImageLoader _images;
    private readonly GaussianBlurFilter _blur;
    private readonly VigScorerOptions _vig;
    private readonly ScoringOptions _options;

    /// <summary>Scores with <paramref name="model"/>, an aligned vision-language model.</summary>
    public VigScorer(VisionLanguageModel model, ImageLoader images, GaussianBlurFilter blur, VigScorerOptions vig, ScoringOptions options)
    {
        _model = model;
        _images = images;
        _blur = blur;
        _vig = vig;
        _options = options.Checked();
        Conditions = [Core.Scores.Conditions.Image, .. vig.Proxies.Select(p => p.Condition)];
        if (vig.Proxies.Count == 0 || Conditions.Distinct().Count() != Conditions.Count)
        {
            throw new UsageException($"proxies: expected one or several different ones, got {string.Join(", ", vig.Proxies.Select(p => p.Name))}");
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Conditions { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(_options.Describe())
    {
        ["method"] = "vig",
        ["proxies"] = string.Join(",", _vig.Proxies.Select(p => p.Name)),
        ["blur_default_sigma"] = "shorter_side/4",
        ["seed"] = _vig.Seed.ToString(CultureInfo.InvariantCulture),
    };

    /// <inheritdoc/>
    public ScoringSummary Score(ScoringSource source, ScoreStoreWriter store, IProgressSink progress, CancellationToken cancellation = default)
    {
        var others = _vig.Proxies.Any(p => p.Kind == ProxyKind.Other) ? OtherImages.Assign(source, _vig.Seed) : null;
        var proxies = new ProxyImages(_images, _blur, _vig.Seed, others);
        return new ScoringRun(_options, source, store, (first, count, stop) => ScoreWindow(source, first, count, proxies, stop)).Run(progress, cancellation);
    }

    private IReadOnlyList<Core.Scores.TokenScores> ScoreWindow(ScoringSource source, int first, int count, ProxyImages proxies, CancellationToken cancellation)
    {
        var window = new ScoringWindow(source, first, count);
        var unit = new IReadOnlyList<PixelValues>[count];
        var shown = new IReadOnlyList<PixelValues>[count];
        window.ForEach(_options.ImageThreads, (i, sample) =>
        {
            unit[i] = _images.Unit(sample);
            shown[i] = [.. unit[i].Select(_images.Processor.Normalize)];
        }, cancellation);
        window.Score(Conditions[0], _model, _options.TokenBudget, (i, sample) => Expand(sample, shown[i], withoutImages: false), cancellation);
        foreach (var proxy in _vig.Proxies)
        {
            window.ForEach(_options.ImageThreads, (i, sample) => shown[i] = proxies.Of(proxy, sample, unit[i]), cancellation);
            window.Score(proxy.Condition, _model, _options.TokenBudget,
                (i, sample) => Expand(sample, shown[i], proxy.Kind == ProxyKind.None), cancellation);
        }

        return window.Finish(contextSeen: true, _vig.ImageHash);
    }

    private ExpandedSample Expand(TokenizedSample sample, IReadOnlyList<PixelValues> images, bool withoutImages) =>
        SampleExpander.Expand(_model, sample, images, _options.MaxLength, withoutImages);
}
