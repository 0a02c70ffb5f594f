using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;

namespace Fovea.Models.Onnx;

/// <summary>One tensor of an ONNX graph, computed of one image at a time on the CPU, with as many threads as libtorch uses.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly string _path, _output;
    private readonly InferenceSession _session;

    /// <param name="path">The file, for messages.</param>
    /// <param name="model">Its bytes, with <paramref name="output"/> among the graph's outputs.</param>
    /// <param name="output">The tensor.</param>
    /// <exception cref="InvalidInputException">The runtime cannot read it.</exception>
    public OnnxSession(string path, byte[] model, string output)
    {
        (_path, _output) = (path, output);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = torch.get_num_threads(), // decides the order of sums
            InterOpNumThreads = 1,
            EnableCpuMemArena = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"); // libtorch's threads want the processors between two images
        _session = Guarded(() => new InferenceSession(model, options));
    }

    /// <summary>Side of the square images that the graph reads, in pixels.</summary>
    /// <param name="given">What it should be, or is where the graph leaves it open; null to take the graph's.</param>
    /// <exception cref="InvalidInputException">It reads no such images.</exception>
    public int SideOf(int? given)
    {
        InvalidInputException Wrong(string what) => new(_path, null, $"{what}; expected one input of float32 images, [1, 3, height, width]");
        if (_session.InputMetadata.Count != 1)
        {
            throw Wrong($"has the inputs {string.Join(", ", _session.InputMetadata.Keys)}");
        }

        var (name, input) = _session.InputMetadata.First();
        if (!input.IsTensor || input.ElementType != typeof(float) || input.Dimensions is not [1 or < 0, 3 or < 0, var height, var width])
        {
            throw Wrong($"the input '{name}' is [{string.Join(", ", input.Dimensions ?? [])}] of {input.ElementType?.Name ?? "no tensor"}");
        }

        var sides = new[] { height, width }.Where(s => s > 0).Distinct().ToArray();
        return (sides, given) switch
        {
            ([var own], null) => own,
            ([var own], { } side) when own == side => own,
            ([], { } side) => side,
            ([], null) => throw new InvalidInputException(_path, null, "leaves the size of images open; give 'sizes.image_size'"),
            _ => throw new InvalidInputException(_path, null,
                $"reads images of {height} x {width} pixels; expected {(given is { } side ? $"{side} x {side}" : "a square")}"),
        };
    }

    /// <summary>The tensor's values and shape.</summary>
    /// <param name="image"><c>[3, side, side]</c>.</param>
    /// <param name="side">In pixels.</param>
    /// <exception cref="InvalidInputException">The runtime cannot compute it, or it is not of float32.</exception>
    public (float[] Values, long[] Shape) Run(float[] image, int side) => Guarded(() =>
    {
        using var input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, side, side]);
        using var run = new RunOptions();
        using var results = _session.Run(run, [_session.InputMetadata.Keys.First()], [input], [_output]);
        var shape = results[0].GetTensorTypeAndShape();
        return shape.ElementDataType == TensorElementType.Float
            ? (results[0].GetTensorDataAsSpan<float>().ToArray(), shape.Shape)
            : throw new InvalidInputException(_path, null, $"{_output} is of {shape.ElementDataType}; expected float32");
    });

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private T Guarded<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidInputException(_path, null, $"the ONNX runtime cannot run it: {e.Message}", e);
        }
    }
}
