using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Evaluation.Captions;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>Scored samples with their words and images, as heat-maps.</summary>
/// <param name="corpus">The samples and their images.</param>
/// <param name="encode">Tokenizes a sample as it was scored.</param>
/// <param name="processor">What makes the image that the model sees; null for a text-only model, whose samples are shown without images.</param>
/// <param name="against">The visionless conditions to show, those of them that a sample holds.</param>
/// <param name="pixelated">Whether pixels stay square.</param>
public sealed class ScoredExamples(ICorpus corpus, Func<Sample, TokenizedSample> encode, ImageProcessor? processor,
    IReadOnlyList<string> against, bool pixelated)
{
    private readonly Dictionary<SampleKey, TokenizedSample> _tokens = [];

    /// <summary>A VIG store and a PRIOR store of one corpus, joined.</summary>
    /// <param name="data">The corpus.</param>
    /// <param name="modelFolder">The scoring model: its tokenizer and image processor.</param>
    /// <param name="stores">With the conditions image and, perhaps, proxies; and with the text-only reference.</param>
    /// <param name="against">The visionless conditions to show.</param>
    /// <param name="pixelated">Whether pixels stay square.</param>
    public static (ScoredExamples Examples, TokenizedCorpus Corpus, IReadOnlyList<TokenScores> Scores) OfRun(
        IReadOnlyList<DataSource> data, string modelFolder, (string Vig, string Prior) stores, IReadOnlyList<string> against, bool pixelated)
    {
        var corpus = TokenizedCorpus.Open(data, modelFolder, CorpusView.Image);
        var tokens = corpus.Samples.ToDictionary(s => s.Key);
        return (new ScoredExamples(corpus.Corpus, s => tokens[s.Key], ImageProcessor.Load(modelFolder), against, pixelated), corpus,
            JoinedStores.ReadBeside(corpus.Samples, stores.Vig, stores.Prior));
    }

    /// <summary>The sample with its tokens.</summary>
    /// <exception cref="InvalidInputException">It was scored under another tokenizer, template or text.</exception>
    public TokenizedSample Tokens(Sample sample, TokenScores scores)
    {
        if (!_tokens.TryGetValue(sample.Key, out var tokens))
        {
            tokens = encode(sample);
            if (scores.Mismatch(tokens) is { } mismatch)
            {
                throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"differs from what was scored ({mismatch}); score it again");
            }

            _tokens.Add(sample.Key, tokens);
        }

        return tokens;
    }

    /// <summary>Heat-maps of samples: the image, its blurred twin, and the words under both scores.</summary>
    public IReadOnlyList<ReportBlock> Heatmaps(IEnumerable<TokenScores> chosen, Func<SampleKey, TargetSpan, string?>? classOf = null)
    {
        var shown = chosen.ToArray();
        var wanted = shown.Select(s => s.Key).ToHashSet();
        var samples = corpus.Samples.Where(s => wanted.Contains(s.Key)).ToDictionary(s => s.Key);
        var limit = RoundLimit.OfMost(shown.SelectMany(s => Vigs(s).SelectMany(v => v.OfScored(s)))); // one scale for all
        return [.. shown.Where(s => samples.ContainsKey(s.Key)).Select(s => Heatmap(samples[s.Key], s, limit, classOf))];
    }

    private HeatmapTextBlock Heatmap(Sample sample, TokenScores scores, double limit, Func<SampleKey, TargetSpan, string?>? classOf)
    {
        var tokens = Tokens(sample, scores);
        var words = WordMerger.Merge(sample, tokens);
        TokenRow Row(DerivedScore score, HeatScale scale, double full, bool classes) =>
            new(score.Title + (score.IsVig ? " (nats)" : ""), [.. words.Select(w => new TokenValue(
                sample.Turns[w.Turn].Text[w.Start..w.End], score.Of(scores, w.Targets), classOf?.Invoke(sample.Key, tokens.TargetSpans[w.Targets[0]])))], scale,
                    full, ShowClasses: classes);
        var rows = Vigs(scores).Select((v, i) => Row(v, HeatScale.Diverging, limit, i == 0 && classOf is not null)).ToList();
        if (DerivedScore.Surprise.IsIn(scores))
        {
            rows.Add(Row(DerivedScore.Surprise, HeatScale.Sequential, 1, rows.Count == 0 && classOf is not null));
        }

        var (image, twin) = sample.Images.Count > 0 && processor is not null ? Pictures(sample, processor) : (null, null);
        return new HeatmapTextBlock(sample.Images.Count > 0 ? sample.Images[0] : sample.Key.ToString(), image, twin, rows,
            Prompt: string.Join(' ', sample.Turns.Where(t => t.Role == Role.Human).Select(t => t.Text.Replace("<image>", "", StringComparison.Ordinal).Trim())
                .Where(t => t.Length > 0)));
    }

    private IEnumerable<DerivedScore> Vigs(TokenScores scores) => against.Distinct().Select(DerivedScore.Vig).Where(v => v.IsIn(scores));

    private (ReportImage Image, ReportImage Twin) Pictures(Sample sample, ImageProcessor processor)
    {
        var unit = processor.Rescale(corpus.LoadImage(sample, 0));
        var sigma = against.Select(ScoreNames.SigmaOf).OfType<double>().FirstOrDefault(Math.Min(unit.Width, unit.Height) / 4.0);
        return (new ReportImage(Png(unit), "the image the model sees", "image", pixelated),
            new ReportImage(Png(GaussianBlur.Apply(unit, sigma)), string.Create(CultureInfo.InvariantCulture,
                $"the image blurred with sigma {sigma:0.###} pixels"), string.Create(CultureInfo.InvariantCulture, $"blur, sigma {sigma:0.###}"), pixelated));
    }

    private static byte[] Png(PixelValues unit)
    {
        var pixels = new byte[unit.Width * unit.Height * 3];
        var plane = unit.Width * unit.Height;
        for (var i = 0; i < plane; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                pixels[(3 * i) + c] = (byte)Math.Clamp((int)Math.Round(255 * unit.Values[(c * plane) + i]), 0, 255);
            }
        }

        return ImageFile.EncodePng(new RgbImage(unit.Width, unit.Height, pixels));
    }
}
