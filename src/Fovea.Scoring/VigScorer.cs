using Fovea.Core.Randomness;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Scoring.Proxies;
using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>What <see cref="VigScorer"/> does beyond <see cref="ScoringOptions"/>.</summary>
public sealed record VigScorerOptions
{
    /// <summary>The visionless proxies, one condition each.</summary>
    public IReadOnlyList<VisionlessProxy> Proxies { get; init; } = [new BlurProxy(null)];

    /// <summary>Of the proxies that draw: noise and other.</summary>
    public long Seed { get; init; }

    /// <summary>Threads that load and prepare the images of the samples to come; 0 to prepare them when their turn comes. Changes no score.</summary>
    public int ImageThreads { get; init; } = 1;

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
    private readonly VigScorerOptions _vig;
    private readonly ScoringOptions _options;

    /// <summary>Scores with <paramref name="model"/>, an aligned vision-language model.</summary>
    public VigScorer(VisionLanguageModel model, ImageLoader images, VigScorerOptions vig, ScoringOptions options)
    {
        _model = model;
        _images = images;
        _vig = vig;
        _options = options;
        options.Validate();
        Conditions = [Core.Scores.Conditions.Image, .. vig.Proxies.Select(p => p.Condition)];
        if (Conditions.Distinct().Count() != Conditions.Count)
        {
            throw new UsageException($"proxies: expected each once, got {string.Join(", ", vig.Proxies.Select(p => p.Name))}");
        }
    }

    public IReadOnlyList<string> Conditions { get; }

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(_options.Describe())
    {
        ["method"] = "vig",
        ["proxies"] = string.Join(",", _vig.Proxies.Select(p => p.Name)),
        ["blur_default_sigma"] = "shorter_side/4",
        ["seed"] = _vig.Seed.ToString(CultureInfo.InvariantCulture),
    };

    public ScoringSummary Score(ScoringSource source, ScoreStoreWriter store, IProgressSink progress, CancellationToken cancellation = default)
    {
        var others = _vig.Proxies.Any(p => p.ShowsOthers)
            ? OtherImages.Assign([.. source.WithImages], new RandomSource(_vig.Seed, "score/other"))
            : null;
        var work = new VigWork(source, _model, _images, new ProxyImages(_images, _vig.Seed, others), _vig, Conditions, _options);
        return new ScoringRun<VigWindow>(_options, source, store, work).Run(progress, cancellation);
    }
}
