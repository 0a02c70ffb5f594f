using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Scoring.Proxies;
using Fovea.Store;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>Scores a case's corpora into stores of a temporary folder, and reads them back.</summary>
internal sealed class ScoreStores(FixtureFolder fixture, SampleEncoder encoder) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-verify-").FullName;
    private int _count;

    /// <summary>The case's names of conditions, and the store's.</summary>
    public static IReadOnlyDictionary<string, string> Conditions { get; } = new Dictionary<string, string>
    {
        ["image"] = Core.Scores.Conditions.Image,
        ["blur"] = "blur",
        ["black"] = new VisionlessProxy(ProxyKind.Black).Condition,
        ["mean"] = new VisionlessProxy(ProxyKind.Mean).Condition,
        ["none"] = new VisionlessProxy(ProxyKind.None).Condition,
    };

    /// <summary>With the image and under each visionless proxy. The blur's condition is called <c>blur</c>, whatever its sigma.</summary>
    public IReadOnlyList<TokenScores> Vig(VisionLanguageModel model, ICorpus corpus)
    {
        var blur = new VisionlessProxy(ProxyKind.Blur, fixture.Json.Number("sigma"));
        var images = new ImageLoader(corpus, ImageProcessor.Load(fixture["model"]));
        var options = new VigScorerOptions
        {
            Proxies = [blur, new VisionlessProxy(ProxyKind.Black), new VisionlessProxy(ProxyKind.Mean), new VisionlessProxy(ProxyKind.None)],
        };
        var rows = Score(new VigScorer(model, images, GaussianBlur.Apply, options, new ScoringOptions()), corpus, encoder.Encode);
        return [.. rows.Select(r => r.HasImage ? r with { LogProbs = r.LogProbs.ToDictionary(c => c.Key == blur.Condition ? "blur" : c.Key, c => c.Value) } : r)];
    }

    /// <summary>Under the text-only reference.</summary>
    public IReadOnlyList<TokenScores> Prior(VisionLanguageModel reference, ICorpus corpus) =>
        Score(new PriorScorer(reference, new ScoringOptions()), corpus, new TextOnlyEncoder(encoder).Encode);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private List<TokenScores> Score(ITokenScorer scorer, ICorpus corpus, Func<Sample, TokenizedSample> encode)
    {
        var folder = Path.Combine(_folder, $"{_count++}");
        using (var store = ScoreStoreWriter.Open(folder, scorer.Describe()))
        {
            scorer.Score(ScoringSource.FromSamples(corpus.Samples, encode), store, new SilentProgress());
        }

        var rows = ScoreStoreReader.Open(folder).Read().ToList();
        return rows.FirstOrDefault(r => r.InvalidReason is not null) is { } invalid
            ? throw new ReferenceException($"{invalid.Key}: {invalid.InvalidReason}")
            : rows;
    }
}
