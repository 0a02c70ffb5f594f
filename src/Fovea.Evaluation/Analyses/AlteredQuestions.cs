using System.Text;
using Fovea.Core.Randomness;
using Fovea.Data.Images;
using Fovea.Evaluation.Asking;

namespace Fovea.Evaluation.Analyses;

/// <summary>How questions are altered before they are asked again.</summary>
public enum Alteration
{
    /// <summary>Without their images.</summary>
    Blind,

    /// <summary>With blurred images: a Gaussian with sigma a quarter of the shorter side, VIG's visionless image.</summary>
    Blurred,

    /// <summary>With corrupted text: in three of ten words of four letters and more, two neighbouring inner letters change places (swap noise, Belinkov and Bisk 2018). Options stay as they are.</summary>
    Corrupted,
}

/// <summary>A benchmark's questions written anew, altered, under their own ids, so that answers to them are paired with answers to the questions as they were.</summary>
public static class AlteredQuestions
{
    private const double CorruptedShare = 0.3;
    private const int ShortestCorrupted = 4, ImageSide = 336;
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes them.</summary>
    /// <param name="questions">A file of questions, or a folder of files.</param>
    /// <param name="images">Folder of their images; null for the files' own.</param>
    /// <param name="how">What is altered.</param>
    /// <param name="folder">Where they are written.</param>
    /// <param name="seed">Of the words and letters that are corrupted.</param>
    /// <param name="stop">Stops between questions.</param>
    /// <returns>What is to be asked, and the folder of its images; null for as it was.</returns>
    /// <exception cref="InvalidInputException">A question or an image cannot be read.</exception>
    public static (string Questions, string? Images) Write(string questions, string? images, Alteration how, string folder, long seed, CancellationToken stop)
    {
        var all = QuestionFile.Read(questions, images, "", []);
        var files = all.GroupBy(q => q.File).Select(f => (Path: Path.Combine(folder, "questions", Path.GetFileNameWithoutExtension(f.Key) + ".jsonl"), Questions: f.ToArray())).ToArray();
        var blurred = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var text = new StringBuilder();
            foreach (var (index, question) in file.Questions.Index())
            {
                stop.ThrowIfCancellationRequested();
                var record = question.Record.DeepClone().AsObject();
                switch (how)
                {
                    case Alteration.Blind:
                        Blind(record);
                        break;
                    case Alteration.Blurred:
                        foreach (var (i, image) in question.Sample.Images.Index())
                        {
                            Blur(question, i, Path.Combine(folder, "images", image + ".png"), blurred);
                        }

                        Rename(record);
                        break;
                    default:
                        Corrupt(record, new RandomSource(seed, "corrupted_text/" + question.File, index));
                        break;
                }

                text.Append(record.ToJsonString(Json)).Append('\n');
            }

            AtomicFile.WriteText(file.Path, text.ToString());
        }

        var asked = Directory.Exists(questions) ? Path.Combine(folder, "questions") : files[0].Path;
        return (asked, how == Alteration.Blurred ? Path.Combine(folder, "images") : images ?? (Directory.Exists(questions) ? questions : Path.GetDirectoryName(Path.GetFullPath(questions))));
    }

    /// <summary>A text with corrupted words.</summary>
    internal static string Corrupted(string text, RandomSource random)
    {
        var letters = text.ToCharArray();
        for (int start = 0, end; start < letters.Length; start = end + 1)
        {
            for (end = start; end < letters.Length && char.IsLetter(letters[end]); end++)
            {
            }

            if (end - start >= ShortestCorrupted && random.NextDouble() < CorruptedShare)
            {
                var at = start + 1 + random.Next(end - start - 3);
                (letters[at], letters[at + 1]) = (letters[at + 1], letters[at]);
            }
        }

        return new string(letters);
    }

    private static void Blind(JsonObject record)
    {
        foreach (var key in QuestionFile.ImageKeys)
        {
            record.Remove(key);
        }

        ChangeText(record, text => text.Replace(QuestionFile.ImageTag + "\n", "", StringComparison.Ordinal).Replace(QuestionFile.ImageTag, "", StringComparison.Ordinal));
    }

    private static void Corrupt(JsonObject record, RandomSource random) => ChangeText(record, text =>
        string.Join(QuestionFile.ImageTag, text.Split(QuestionFile.ImageTag).Select(t => Corrupted(t, random))));

    private static void ChangeText(JsonObject record, Func<string, string> change)
    {
        var key = QuestionFile.TextKeys.First(k => record[k] is not null);
        record[key] = change((string)record[key]!);
    }

    private static void Rename(JsonObject record)
    {
        if (QuestionFile.ImageKeys.FirstOrDefault(k => record[k] is not null) is { } key && $"{record[key]}" is not ("" or "nan"))
        {
            record[key] = record[key] is JsonArray many ? new JsonArray([.. many.Select(i => (JsonNode)$"{i}.png")]) : (JsonNode)$"{record[key]}.png";
        }
    }

    private static void Blur(AskedQuestion question, int image, string path, HashSet<string> done)
    {
        if (!done.Add(path))
        {
            return;
        }

        // What a quarter of the side blurs away was lost at any size: shrinking first costs nothing but time.
        var (source, planes) = (Shrunk(question.Corpus.LoadImage(question.Sample, image)), 3);
        var unit = new float[planes * source.Width * source.Height];
        for (var i = 0; i < source.Pixels.Length; i++)
        {
            unit[(i % planes * source.Width * source.Height) + (i / planes)] = source.Pixels[i] / 255f;
        }

        var soft = GaussianBlur.Apply(new PixelValues(planes, source.Height, source.Width, unit), Math.Max(1, Math.Min(source.Height, source.Width) / 4.0)).Values;
        var pixels = new byte[source.Pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(Math.Round(soft[(i % planes * source.Width * source.Height) + (i / planes)] * 255), 0, 255);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        ImageFile.WritePng(path, source with { Pixels = pixels });
    }

    private static RgbImage Shrunk(RgbImage image)
    {
        var factor = Math.Max(1, Math.Min(image.Width, image.Height) / ImageSide);
        var (width, height) = (image.Width / factor, image.Height / factor);
        var pixels = new byte[3 * width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
            pixels[i] = image.Pixels[(((y * factor * image.Width) + (x * factor)) * 3) + c];
        }

        return factor == 1 ? image : new RgbImage(width, height, pixels);
    }
}
