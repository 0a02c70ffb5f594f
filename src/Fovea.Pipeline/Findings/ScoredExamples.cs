using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Data.Images;
using Fovea.Evaluation.Captions;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Scored samples with their words and images, as heat-maps.</summary>
/// <param name="corpus">The samples and their images.</param>
/// <param name="encode">Tokenizes a sample as it was scored.</param>
/// <param name="processor">What makes the image that the model sees; null for a text-only model, whose samples are shown without images.</param>
/// <param name="against">The visionless conditions to show, those of them that a sample holds.</param>
/// <param name="pixelated">Whether pixels stay square.</param>
public sealed class ScoredExamples(ICorpus corpus, Func<Sample, TokenizedSample> encode, ImageProcessor? processor, IReadOnlyList<string> against, bool pixelated)
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
        return (new ScoredExamples(corpus.Corpus, s => tokens[s.Key], ImageProcessor.Load(modelFolder), against, pixelated), corpus, ScoreStore.ReadBeside(corpus, stores.Vig, stores.Prior));
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
        var limit = Limit(shown);
        return [.. shown.Where(s => samples.ContainsKey(s.Key)).Select(s => Heatmap(samples[s.Key], s, limit, classOf))];
    }

    /// <summary>
    /// The VIG at full colour, in nats: of all shown targets' magnitudes the 95th percentile, up to the next 1, 2 or 5 of its power of ten, so that a
    /// weak model's words are not all white and one outlier does not wash out the rest.
    /// </summary>
    private double Limit(IReadOnlyList<TokenScores> shown)
    {
        return RoundLimit.OfMost(shown.SelectMany(s => Shown(s).SelectMany(c => s.LogProbs[Conditions.Image].Zip(s.LogProbs[c], (a, b) => (double)TokenMeasures.Difference(a, b)))));
    }

    private HeatmapTextBlock Heatmap(Sample sample, TokenScores scores, double limit, Func<SampleKey, TargetSpan, string?>? classOf)
    {
        var tokens = Tokens(sample, scores);
        var words = WordMerger.Merge(sample, tokens);
        TokenRow Row(string name, Func<int, double> value, Func<IReadOnlyList<int>, double> pooled, HeatScale scale, double full, bool classes = false) =>
            new(name, [.. words.Select(w => new TokenValue(
                sample.Turns[w.Turn].Text[w.Start..w.End], w.Targets.Count == 1 ? value(w.Targets[0]) : pooled(w.Targets),
                classOf?.Invoke(sample.Key, tokens.TargetSpans[w.Targets[0]])))], scale, full, ShowClasses: classes);
        var rows = Shown(scores).Select((c, i) => (Image: scores.LogProbs[Conditions.Image], Visionless: scores.LogProbs[c], Name: ScoreNames.Vig(c), First: i == 0)).Select(r =>
            Row(r.Name + " (nats)", t => TokenMeasures.Difference(r.Image[t], r.Visionless[t]), w => w.Sum(t => TokenMeasures.Difference(r.Image[t], r.Visionless[t])), HeatScale.Diverging, limit, r.First && classOf is not null)).ToList();
        if (scores.LogProbs.GetValueOrDefault(Conditions.TextOnlyReference) is { } reference)
        {
            rows.Add(Row(ScoreNames.Surprise, t => TokenMeasures.OneMinusProbability(reference[t]), w => TokenMeasures.OneMinusProbability(w.Sum(t => (double)reference[t])), HeatScale.Sequential, 1, rows.Count == 0 && classOf is not null));
        }

        var (image, twin) = sample.Images.Count > 0 && processor is not null ? Pictures(sample, processor) : (null, null);
        return new HeatmapTextBlock(sample.Images.Count > 0 ? sample.Images[0] : sample.Key.ToString(), image, twin, rows,
            Prompt: string.Join(' ', sample.Turns.Where(t => t.Role == Role.Human).Select(t => t.Text.Replace("<image>", "", StringComparison.Ordinal).Trim()).Where(t => t.Length > 0)));
    }

    private IEnumerable<string> Shown(TokenScores scores) =>
        scores.LogProbs.ContainsKey(Conditions.Image) ? against.Distinct().Where(scores.LogProbs.ContainsKey) : [];

    private (ReportImage Image, ReportImage Twin) Pictures(Sample sample, ImageProcessor processor)
    {
        var unit = processor.Rescale(corpus.LoadImage(sample, 0));
        var sigma = against.Select(ScoreNames.SigmaOf).OfType<double>().FirstOrDefault(Math.Min(unit.Width, unit.Height) / 4.0);
        return (new ReportImage(Png(unit), "the image the model sees", "image", pixelated),
            new ReportImage(Png(GaussianBlur.Apply(unit, sigma)), string.Create(CultureInfo.InvariantCulture, $"the image blurred with sigma {sigma:0.###} pixels"), string.Create(CultureInfo.InvariantCulture, $"blur, sigma {sigma:0.###}"), pixelated));
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
