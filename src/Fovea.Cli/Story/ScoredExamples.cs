using Fovea.Cli.Stages;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Data.Images;
using Fovea.Evaluation.Captions;
using Fovea.Reporting.Documents;

namespace Fovea.Cli.Story;

/// <summary>Scored captions with their words and images, as heat-maps.</summary>
internal sealed class ScoredExamples
{
    private readonly TokenizedCorpus _corpus;
    private readonly Dictionary<SampleKey, TokenizedSample> _tokens;
    private readonly ImageProcessor _processor;
    private readonly string _against;
    private readonly bool _pixelated;

    /// <summary>Joins a VIG store and a PRIOR store of one corpus.</summary>
    /// <param name="data">The corpus.</param>
    /// <param name="modelFolder">The scoring model: its tokenizer and image processor.</param>
    /// <param name="vigStore">With conditions image and, perhaps, proxies.</param>
    /// <param name="priorStore">With the text-only reference.</param>
    /// <param name="against">The visionless condition to show.</param>
    /// <param name="pixelated">Whether pixels stay square.</param>
    public ScoredExamples(IReadOnlyList<DataSource> data, string modelFolder, string vigStore, string priorStore, string against, bool pixelated)
    {
        _corpus = TokenizedCorpus.Open(data, modelFolder, CorpusView.Image);
        _tokens = _corpus.Samples.ToDictionary(s => s.Key);
        _processor = ImageProcessor.Load(modelFolder);
        _against = against;
        _pixelated = pixelated;
        Scores = ScoreStore.ReadBeside(_corpus, vigStore, priorStore);
    }

    /// <summary>All scored samples in order.</summary>
    public IReadOnlyList<TokenScores> Scores { get; }

    /// <summary>The samples by key, with their tokens.</summary>
    public TokenizedSample Tokens(SampleKey key) => _tokens[key];

    /// <summary>Heat-maps of samples: the image, its blurred twin, and the words under both scores.</summary>
    public IReadOnlyList<ReportBlock> Heatmaps(IEnumerable<TokenScores> chosen, Func<SampleKey, TargetSpan, string?>? classOf = null)
    {
        var samples = _corpus.Corpus.Samples.ToDictionary(s => s.Key);
        return [.. chosen.Select(s => Heatmap(samples[s.Key], s, classOf))];
    }

    private HeatmapTextBlock Heatmap(Sample sample, TokenScores scores, Func<SampleKey, TargetSpan, string?>? classOf)
    {
        var unit = _processor.Rescale(_corpus.Corpus.LoadImage(sample, 0));
        var sigma = Math.Min(unit.Width, unit.Height) / 4.0;
        var image = scores.LogProbs[Conditions.Image];
        var visionless = scores.LogProbs[_against];
        var reference = scores.LogProbs[Conditions.TextOnlyReference];
        TokenRow Row(string name, Func<int, double> value, Func<IReadOnlyList<int>, double> pooled, HeatScale scale, double limit) =>
            new(name, [.. WordMerger.Merge(sample, _tokens[sample.Key]).Select(w => new TokenValue(
                sample.Turns[w.Turn].Text[w.Start..w.End], w.Targets.Count == 1 ? value(w.Targets[0]) : pooled(w.Targets),
                classOf?.Invoke(sample.Key, _tokens[sample.Key].TargetSpans[w.Targets[0]])))], scale, limit);
        return new HeatmapTextBlock(
            sample.Images[0],
            new ReportImage(Png(unit), "the image the model sees", "image", _pixelated),
            new ReportImage(Png(GaussianBlur.Apply(unit, sigma)), $"the image blurred with sigma {sigma:0.##} pixels", $"blurred, sigma {sigma:0.##}", _pixelated),
            [
                Row($"VIG against {_against} (nats)", t => TokenMeasures.Difference(image[t], visionless[t]), w => w.Sum(t => TokenMeasures.Difference(image[t], visionless[t])), HeatScale.Diverging, 4),
                Row("1 - p_ref", t => TokenMeasures.OneMinusProbability(reference[t]), w => TokenMeasures.OneMinusProbability(w.Sum(t => (double)reference[t])), HeatScale.Sequential, 1),
            ]);
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
