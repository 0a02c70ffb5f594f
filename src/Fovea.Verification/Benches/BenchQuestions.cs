using Fovea.Core.Randomness;

namespace Fovea.Verification.Benches;

/// <summary>
/// Questions of 20 to 40 random tokens, several about each image of random values, ready for the model: neither reading of files nor resizing is timed.
/// </summary>
/// <param name="side">Of the images, in pixels.</param>
/// <param name="block">Which questions.</param>
/// <param name="count">How many.</param>
/// <param name="perImage">How many about each image.</param>
internal sealed class BenchQuestions(int side, int block, int count, int perImage) : ICorpus, ISampleEncoder, IImageProcessor
{
    private readonly PixelValues[] _images = [.. Enumerable.Range(0, (count + perImage - 1) / perImage).Select(i =>
    {
        var random = new RandomSource(block, "bench/ask", i);
        return new PixelValues(3, side, side, [.. Enumerable.Range(0, 3 * side * side).Select(_ => (float)random.NextGaussian())]);
    })];

    public IReadOnlyList<Sample> Samples { get; } = [.. Enumerable.Range(0, count).Select(i => new Sample(
        new SampleKey($"block {block}", i), null, [$"{block}-{i / perImage}"], [new Turn(Role.Human, ""), new Turn(Role.Assistant, "")]))];

    public string TokenizerFingerprint => "bench";

    public int PadId => 0;

    public int EndId => 0;

    /// <summary>A question's image, as the model reads it.</summary>
    public PixelValues Image(Sample sample) => _images[sample.Key.Record / perImage];

    public int[] EncodePrompt(Sample sample, int answerTurn)
    {
        var random = new RandomSource(block, "bench/ask/text", sample.Key.Record);
        return [1, TokenizedSample.ImagePlaceholder, .. Enumerable.Range(0, 20 + random.Next(21)).Select(_ => 10 + random.Next(BenchModel.Vocabulary - 10))];
    }

    public TokenizedSample Encode(Sample sample) => throw new NotSupportedException("only prompts are encoded");

    public string Decode(IReadOnlyList<int> ids) => string.Join(' ', ids);

    public string TokenText(int id) => $"{id}";

    public RgbImage LoadImage(Sample sample, int index) => new(1, sample.Key.Record / perImage, []); // which, for Rescale

    public string ImagePath(SampleKey key, string image) => image;

    public PixelValues Rescale(RgbImage image) => _images[image.Height];

    public PixelValues Normalize(PixelValues unit) => unit;
}
