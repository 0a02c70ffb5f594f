using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Scoring.Proxies;
using Fovea.Store;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>Scores a case's JSON files through stores on disk, as <c>fovea score</c> does.</summary>
/// <param name="fixture">The case.</param>
/// <param name="model">Its vision-language model.</param>
/// <param name="reference">Its text-only reference.</param>
internal sealed class ScoredFile(FixtureFolder fixture, VisionLanguageModel model, VisionLanguageModel reference)
{
    private readonly ImageProcessor _processor = ImageProcessor.Load(fixture["model"]);

    public VisionLanguageModel Model => model;

    /// <summary>An image of the size that the model reads: its tokens are counted, not its pixels.</summary>
    public PixelValues Blank => _processor.Rescale(new RgbImage(1, 1, new byte[3]));

    public IReadOnlyList<TokenizedSample> Tokenize(string file, string images)
    {
        var encoder = Encoder();
        return [.. Open(file, images).Samples.Select(encoder.Encode)];
    }

    /// <summary>Log-probabilities with the image and with each proxy, conditions named as in the store.</summary>
    public IReadOnlyList<TokenScores> Vig(string file, string images, IReadOnlyDictionary<string, VisionlessProxy> proxies)
    {
        var corpus = Open(file, images);
        var options = new VigScorerOptions { Proxies = [.. proxies.Values] };
        var scorer = new VigScorer(model, new ImageLoader(corpus, _processor), options, new ScoringOptions());
        return Stored(scorer, corpus, Encoder());
    }

    public IReadOnlyList<TokenScores> Prior(string file, string images) =>
        Stored(new PriorScorer(reference, new ScoringOptions()), Open(file, images), new TextOnlyEncoder(Encoder()));

    private LlavaJsonCorpus Open(string file, string images) => LlavaJsonCorpus.Open(fixture[file], fixture[images]);

    // "llava_v1 and llava_plain": bare captions under the second.
    private SampleEncoder Encoder() => new(Tokenizer.Load(fixture["model"]), fixture.Json.Text("template") == "llava_v1 and llava_plain"
        ? TemplateChoice.Parse(TemplateChoice.Auto)
        : throw new ReferenceException("\"template\": only \"llava_v1 and llava_plain\" is known"));

    private static List<TokenScores> Stored(ITokenScorer scorer, LlavaJsonCorpus corpus, ISampleEncoder encoder)
    {
        var folder = Directory.CreateTempSubdirectory("fovea-verify-").FullName;
        try
        {
            var provenance =
                new Dictionary<string, string>(scorer.Describe()) { ["corpus"] = ContentHash.OfText(string.Join('\n', corpus.Samples.Select(s => s.Key))) };
            using (var store = ScoreStoreWriter.Open(folder, provenance))
            {
                scorer.Score(ScoringSource.FromSamples(corpus.Samples, encoder.Encode), store, new SilentProgress());
            }

            return [.. ScoreStoreReader.Open(folder).Read()];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
