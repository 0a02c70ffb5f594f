namespace Fovea.Core.Samples;

/// <summary>What identifies a sample: its source file's name and the record's index in it, from 0. An id is only a label.</summary>
public readonly record struct SampleKey(string Source, int Record)
{
    /// <summary>"file#record", for messages.</summary>
    public override string ToString() => $"{Source}#{Record}";
}

/// <summary>Who speaks in a turn of a conversation.</summary>
public enum Role
{
    /// <summary>Instructions before the first question.</summary>
    System,

    /// <summary>The question; the only place for an <c>&lt;image&gt;</c> tag.</summary>
    Human,

    /// <summary>The answer: what carries loss.</summary>
    Assistant,
}

/// <summary>One turn of a conversation.</summary>
public sealed record Turn(Role Role, string Text);

/// <summary>
/// One record of a corpus in LLaVA's form: turns, and the images they speak of.
/// <paramref name="Images"/> are names that the corpus resolves below its image root.
/// </summary>
public sealed record Sample(SampleKey Key, string? Id, IReadOnlyList<string> Images, IReadOnlyList<Turn> Turns)
{
    /// <summary>Folder below which <see cref="Images"/> are resolved; with it a name is a picture (<see cref="ImageKey"/>). Null where they are not files.</summary>
    public string? ImageRoot { get; init; }
}

/// <summary>A corpus: samples in file order, and the images they name. Thread-safe for reading.</summary>
public interface ICorpus
{
    /// <summary>All valid samples in file order.</summary>
    IReadOnlyList<Sample> Samples { get; }

    /// <summary>Reads an image that a sample names.</summary>
    /// <exception cref="Errors.InvalidInputException">The image is missing, leaves the root, or cannot be decoded.</exception>
    RgbImage LoadImage(Sample sample, int index);

    /// <summary>Full path of the file of an image that the sample of <paramref name="key"/> names.</summary>
    /// <exception cref="Errors.InvalidInputException">The image is missing or leaves the root.</exception>
    string ImagePath(SampleKey key, string image) => throw new NotSupportedException("this corpus's images are not files");

    /// <summary>Looks for every image that a sample names, without decoding any.</summary>
    /// <exception cref="Errors.InvalidInputException">One is missing or leaves the root, with file and record.</exception>
    void FindImages(Sample sample)
    {
    }
}

/// <summary>An 8-bit RGB picture, rows from top to bottom, three bytes per pixel: <c>[height, width, 3]</c>.</summary>
public sealed record RgbImage(int Width, int Height, byte[] Pixels);

/// <summary>Float values of one image: <c>[channels, height, width]</c>, row-major.</summary>
public sealed record PixelValues(int Channels, int Height, int Width, float[] Values);

/// <summary>Turns a picture into what a model reads, in two steps so that a visionless proxy can work between them.</summary>
public interface IImageProcessor
{
    /// <summary>Pads, resizes and crops as the model asks, and rescales to [0, 1]: <c>[3, height, width]</c>.</summary>
    PixelValues Rescale(RgbImage image);

    /// <summary>(value - mean) / std by channel: <c>[3, height, width]</c>.</summary>
    PixelValues Normalize(PixelValues unit);
}
