using System.Collections.Concurrent;

namespace Fovea.Data.Images;

/// <summary>
/// Reads and prepares the images of tokenized samples. Small corpora stay in memory after the first reading, up to a number of bytes. Thread-safe.
/// </summary>
public sealed class ImageLoader
{
    private readonly ICorpus _corpus;
    private readonly Dictionary<SampleKey, Sample> _samples;
    private readonly ConcurrentDictionary<ImageKey, PixelValues> _units = new();
    private readonly ImageKeys _keys = new();
    private readonly long _cacheBytes;
    private long _cached;

    /// <summary>
    /// Prepares images of <paramref name="corpus"/> with <paramref name="processor"/>, keeping at most <paramref name="cacheBytes"/> bytes of prepared pixels.
    /// </summary>
    public ImageLoader(ICorpus corpus, IImageProcessor processor, long cacheBytes = 512L << 20)
    {
        _corpus = corpus;
        Processor = processor;
        _cacheBytes = cacheBytes;
        _samples = corpus.Samples.ToDictionary(s => s.Key);
    }

    /// <summary>How pictures become pixel values.</summary>
    public IImageProcessor Processor { get; }

    /// <summary>The sample's images in [0, 1], before normalising: each <c>[3, height, width]</c>.</summary>
    public IReadOnlyList<PixelValues> Unit(TokenizedSample sample)
    {
        if (sample.Images.Count == 0)
        {
            return [];
        }

        var images = new PixelValues[sample.Images.Count];
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = Load(_samples[sample.Key], i);
        }

        return images;
    }

    /// <summary>The sample's images as the model reads them: each <c>[3, height, width]</c>.</summary>
    public IReadOnlyList<PixelValues> Normalized(TokenizedSample sample) =>
        [.. Unit(sample).Select(Processor.Normalize)];

    private PixelValues Load(Sample sample, int index)
    {
        var key = _keys.Of(sample, index);
        if (_units.TryGetValue(key, out var known))
        {
            return known;
        }

        var unit = Read(sample, index);
        if (Interlocked.Add(ref _cached, unit.Values.Length * sizeof(float)) <= _cacheBytes)
        {
            _units[key] = unit;
        }

        return unit;
    }

    /// <summary>A picture that cannot be read or prepared is the fault of its sample, which is named.</summary>
    private PixelValues Read(Sample sample, int index)
    {
        try
        {
            return Processor.Rescale(_corpus.LoadImage(sample, index));
        }
        catch (FoveaException e) when (e is not InvalidInputException { Record: not null })
        {
            var reason = e is InvalidInputException input ? input.Reason : e.Message;
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, UnusableImage.Reason(sample.Images[index], reason), e);
        }
    }
}
