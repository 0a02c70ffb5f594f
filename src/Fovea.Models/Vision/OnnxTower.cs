using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Onnx;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>
/// A frozen tower whose features an ONNX runtime computes on the CPU, wherever the model is. Each image is run alone, so that its features are the same
/// bits whatever batch it comes in; those of the images seen last are kept in memory.
/// </summary>
internal sealed class OnnxTower : ITower
{
    /// <summary>Most bytes of features that are kept: 2,600 images of 7 x 7 x 512.</summary>
    public const long MemoryBytes = 256L << 20;

    // In the folder of a new model, whatever the file was called: no name of a user's takes the place of another of the model's files.
    private const string NewName = "tower.onnx";
    private readonly FeatureMemory _memory = new(MemoryBytes);
    private readonly string _path;
    private readonly OnnxSession _session;

    private OnnxTower(string path, VisionConfig config, OnnxSession session) => (_path, Config, _session) = (path, config, session);

    /// <inheritdoc/>
    public VisionConfig Config { get; }

    /// <inheritdoc/>
    public MatmulPolicy Policy { get; set; } = MatmulPolicy.F32;

    /// <inheritdoc/>
    public Recomputation? Recomputation { get; set; }

    /// <inheritdoc/>
    public IEnumerable<Linear> Linears => [];

    /// <summary>Images whose features are kept.</summary>
    internal int Kept => _memory.Count;

    /// <summary>The file of a model's tower.</summary>
    /// <exception cref="InvalidInputException">It is not there.</exception>
    public static string Find(string folder, VisionConfig config)
    {
        var path = Path.Combine(folder, config.Onnx!.File);
        return File.Exists(path) ? path
            : throw new InvalidInputException(path, null, "not found; config.json's vision_config.file names it as the vision tower: put it there");
    }

    /// <summary>Loads the tower of a model's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">What its configuration says of the tower.</param>
    /// <exception cref="InvalidInputException">It is not the file that the configuration means, or reads other images.</exception>
    public static OnnxTower Load(string folder, VisionConfig config)
    {
        var path = Find(folder, config);
        var file = OnnxFile.Read(path);
        var hash = Convert.ToHexStringLower(SHA256.HashData(file.Bytes));
        if (hash != config.Onnx!.Sha256)
        {
            throw new InvalidInputException(path, null, $"its SHA-256 is {hash}, but config.json's vision_config.sha256 is {config.Onnx.Sha256}; put the "
                + "file there that the model was trained with");
        }

        return Open(path, file, config.Onnx.Output, config.ImageSize, found => found.Grid == config.Grid && found.HiddenSize == config.HiddenSize
            && found.HasClassToken == config.HasClassToken ? config
            : throw new InvalidInputException(path, null, $"{config.Onnx.Output} is {found.Grid} x {found.Grid} places of {found.HiddenSize}"
                + $"{(found.HasClassToken ? " and one more" : "")}; config.json's vision_config says {config.Grid} x {config.Grid} of {config.HiddenSize}"
                + (config.HasClassToken ? " and one more" : "")));
    }

    /// <summary>A tower for a new model, of a file anywhere: it is run once to see what it gives.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">The tensor that is the features; null for the graph's only output.</param>
    /// <param name="imageSize">Side of the images, in pixels, where the graph leaves it open; null to take the graph's.</param>
    /// <param name="blueFirst">Whether it reads blue, green, red.</param>
    /// <exception cref="InvalidInputException">It is no ONNX file, or no tower of square images.</exception>
    public static OnnxTower New(string path, string? output, int? imageSize, bool blueFirst)
    {
        var file = OnnxFile.Read(path);
        output ??= file.Outputs.Count == 1 ? file.Outputs.First()
            : throw new InvalidInputException(path, null, $"gives {string.Join(", ", file.Outputs)}; say which are the features ('tower.output')");
        return Open(path, file, output, imageSize, found => found with
        {
            Onnx = found.Onnx! with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Bytes)), BlueFirst = blueFirst },
        });
    }

    /// <inheritdoc/>
    public Tensor[] States(Tensor pixelValues, IReadOnlyList<int> depths) => [Forward(pixelValues)];

    /// <summary>Features: <c>[images, 3, height, width]</c> -> <c>[images, tokens, hidden]</c>, without a gradient.</summary>
    public Tensor Forward(Tensor pixelValues)
    {
        if (pixelValues.shape is not [var images, 3, var height, var width] || height != Config.ImageSize || width != Config.ImageSize)
        {
            throw new FoveaException(
                $"pixel values [{string.Join(", ", pixelValues.shape)}]; the tower expects [images, 3, {Config.ImageSize}, {Config.ImageSize}]");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pixels = pixelValues.detach().to(ScalarType.Float32).cpu().contiguous();
        var features = empty([images, Config.NumTokens, Config.HiddenSize], ScalarType.Float32);
        int size = 3 * Config.ImageSize * Config.ImageSize, length = Config.NumTokens * Config.HiddenSize;
        for (var i = 0L; i < images; i++)
        {
            var at = i * size;
            var key = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(TensorBytes.Elements<float>(pixels, at, size))));
            var kept = _memory.Get(key, () => Compute(TensorBytes.Elements<float>(pixels, at, size).ToArray()));
            kept.CopyTo(TensorBytes.Elements<float>(features, i * length, length));
        }

        return features.to(pixelValues.dtype).to(pixelValues.device).MoveToOuterDisposeScope();
    }

    /// <summary>Writes the file beside a model's configuration, where the same is not there yet.</summary>
    /// <exception cref="InvalidInputException">It has changed since it was loaded.</exception>
    public void WriteTo(string folder)
    {
        var target = Path.Combine(folder, Config.Onnx!.File);
        if (File.Exists(target) && new InputHasher().OfFile(target) == Config.Onnx.Sha256)
        {
            return;
        }

        AtomicFile.Write(target, to =>
        {
            using var from = RegularFile.Open(_path, RegularFile.MaxWhole);
            from.CopyTo(to);
        }, check: written =>
        {
            if (new InputHasher().OfFile(written) != Config.Onnx.Sha256)
            {
                throw new InvalidInputException(_path, null, "has changed since the model was loaded; put the file back that it was loaded with");
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    // Runs it once, to know what it gives before memory is taken for it.
    private static OnnxTower Open(string path, OnnxFile file, string output, int? imageSize, Func<VisionConfig, VisionConfig> configOf)
    {
        var session = new OnnxSession(path, file.WithOutput(output), output);
        try
        {
            var side = session.SideOf(imageSize);
            var (grid, hidden, hasClass) = Features(path, output, session.Run(new float[3L * side * side], side).Shape);
            var found = new OnnxTowerConfig { File = NewName, Sha256 = "", Output = output, Grid = grid, HasClassToken = hasClass };
            return new OnnxTower(path, configOf(found.ToVision(side, hidden)), session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private float[] Compute(float[] image)
    {
        var side = Config.ImageSize;
        if (Config.Onnx!.BlueFirst)
        {
            var plane = side * side;
            image = [.. image.AsSpan(2 * plane), .. image.AsSpan(plane, plane), .. image.AsSpan(0, plane)];
        }

        var (values, shape) = _session.Run(image, side);
        return values.Length != Config.NumTokens * Config.HiddenSize
            ? throw new InvalidInputException(_path, null, $"{Config.Onnx.Output} is [{string.Join(", ", shape)}], which is not what it was for another image")
            : shape.Length == 3 ? values : TokensOf(values, Config.HiddenSize, Config.NumTokens);
    }

    // [hidden, grid * grid] -> [grid * grid, hidden].
    private static float[] TokensOf(float[] planes, int hidden, int tokens)
    {
        var features = new float[planes.Length];
        for (var c = 0; c < hidden; c++)
        {
            for (var t = 0; t < tokens; t++)
            {
                features[(t * hidden) + c] = planes[(c * tokens) + t];
            }
        }

        return features;
    }

    private static (int Grid, int Hidden, bool HasClassToken) Features(string path, string output, long[] shape)
    {
        var (tokens, hidden) = shape switch
        {
            [1, var channels, var height, var width] when height == width => (height * width, channels),
            [1, var length, var channels] => (length, channels),
            _ => (0, 0),
        };
        var grid = (long)Math.Sqrt(tokens);
        var hasClass = shape.Length == 3 && tokens > 1 && grid * grid == tokens - 1;
        return tokens > 0 && hidden is > 0 and <= ConfigLimits.MostWide && grid <= ConfigLimits.MostPixels && (hasClass || grid * grid == tokens)
            ? ((int)grid, (int)hidden, hasClass)
            : throw new InvalidInputException(path, null, $"{output} is [{string.Join(", ", shape)}]; expected features of a square of places, [1, channels, "
                + "side, side] or [1, places, channels]: name the tensor before the pooling ('tower.output')");
    }
}
