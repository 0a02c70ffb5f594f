using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Tests.Evaluation;

/// <summary>
/// A model small enough to do by hand: id k has logit k * brightness, the mean pixel of the row's image (0 without one),
/// plus 1 if k is the id before. An image is one token, <see cref="ImageId"/>.
/// </summary>
internal sealed class BrightnessModel : VisionLanguageModel
{
    public const int Vocab = 8, ImageId = 7;

    public override string Family => "brightness";

    public override bool SeesImages => true;

    public override ParameterSet Parameters { get; } = new();

    public override int VocabSize => Vocab;

    public override int MaxLength => 32;

    public override int[] ImageTokenIds(int height, int width) => [ImageId];

    public override torch.Tensor Embed(torch.Tensor inputIds, torch.Tensor? pixelValues) => throw new NotSupportedException();

    public override torch.Tensor? PackPixels(IReadOnlyList<PixelValues> images) =>
        images.Count == 0 ? null : torch.tensor(images.Select(i => i.Values.Average()).ToArray());

    public override torch.Tensor Logits(ModelBatch batch)
    {
        var ids = batch.InputIds.data<long>().ToArray();
        var seq = (int)batch.InputIds.shape[1];
        var brightness = batch.PixelValues is { } pixels ? pixels.data<float>().ToArray() : [];
        var rows = new float[batch.InputIds.shape[0]];
        for (int row = 0, image = 0; row < rows.Length; row++)
        {
            rows[row] = ids.AsSpan(row * seq, seq).Contains(ImageId) ? brightness[image++] : 0;
        }

        var places = batch.LogitPositions.data<long>().ToArray();
        var logits = places.SelectMany(p => Enumerable.Range(0, Vocab).Select(k => LogitOf(k, rows[p / seq], (int)ids[p]))).ToArray();
        return torch.tensor(logits, [places.Length, Vocab]);
    }

    /// <summary>What the model must say, by another route.</summary>
    public static double LogProb(int id, float brightness, int previous, IEnumerable<int>? among = null) =>
        LogitOf(id, brightness, previous) - Math.Log((among ?? Enumerable.Range(0, Vocab)).Sum(k => Math.Exp(LogitOf(k, brightness, previous))));

    private static float LogitOf(int id, float brightness, int previous) => (id * brightness) + (id == previous ? 1 : 0);
}

/// <summary>One token a blank-separated digit; the prompt is the placeholder, the end token is 0.</summary>
internal sealed class DigitEncoder : ISampleEncoder
{
    public string TokenizerFingerprint => "digits";

    public int PadId => 0;

    public int EndId => 0;

    public TokenizedSample Encode(Sample sample)
    {
        var answer = sample.Turns[1].Text;
        var digits = answer.Split(' ').Select(int.Parse).ToArray();
        return new TokenizedSample
        {
            Key = sample.Key,
            InputIds = [TokenizedSample.ImagePlaceholder, 1, .. digits, EndId],
            TargetIndices = [.. Enumerable.Range(2, digits.Length + 1)],
            EndTargets = [digits.Length],
            TargetSpans = [.. digits.Select((_, i) => new TargetSpan(1, 2 * i, (2 * i) + 1)), new TargetSpan(1, answer.Length, answer.Length)],
            Images = sample.Images,
            TextFingerprint = answer,
            ContextFingerprint = answer,
        };
    }

    public int[] EncodePrompt(Sample sample, int answerTurn) => sample.Images.Count > 0 ? [TokenizedSample.ImagePlaceholder, 1] : [1];

    public string Decode(IReadOnlyList<int> ids) => string.Join(' ', ids);

    public string TokenText(int id) => $"{id}";
}

/// <summary>Images named by their grey level, "51.png".</summary>
internal sealed class GreyCorpus(params (string Image, string Answer)[] records) : ICorpus
{
    public IReadOnlyList<Sample> Samples { get; } = [.. records.Select((r, i) => new Sample(
        new SampleKey("grey.json", i), null, r.Image.Length == 0 ? [] : [r.Image], [new Turn(Role.Human, "<image>"), new Turn(Role.Assistant, r.Answer)]))];

    public RgbImage LoadImage(Sample sample, int index)
    {
        var grey = byte.Parse(Path.GetFileNameWithoutExtension(sample.Images[index]), System.Globalization.CultureInfo.InvariantCulture);
        return new RgbImage(1, 1, [grey, grey, grey]);
    }
}

/// <summary>Levels to [0, 1], and no more.</summary>
internal sealed class UnitProcessor : IImageProcessor
{
    public PixelValues Rescale(RgbImage image) => new(3, image.Height, image.Width, [.. image.Pixels.Select(p => p / 255f)]);

    public PixelValues Normalize(PixelValues unit) => unit;
}
