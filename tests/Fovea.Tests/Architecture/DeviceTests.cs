using System.Text.RegularExpressions;
using Fovea.Core.Errors;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Architecture;

/// <summary>A model computes where it was asked to: what is absent is an error, and tensors are made on the device that needs them.</summary>
public sealed partial class DeviceTests
{
    private static readonly string[] Projects = ["Fovea.Models", "Fovea.Training", "Fovea.Evaluation", "Fovea.Scoring"];

    /// <summary>Files that make tensors in the processor's memory on purpose.</summary>
    private static readonly string[] Meant =
    [
        "Fovea.Models/Batching/Collator.cs", // batches, which the model takes to its device
        "Fovea.Models/Checkpoints/CheckpointFile.cs", // what is read from disk
        "Fovea.Models/Decoders/RotaryEmbedding.cs", // frequencies, by the same arithmetic everywhere
        "Fovea.Models/Families/LlavaModel.cs", // pixels, which the model takes to its device
        "Fovea.Models/Families/SoloModel.cs",
        "Fovea.Models/Inference/FusedProducts.cs", // oneDNN's, tried on the CPU
        "Fovea.Models/Kernels/GateKernel.cs", // of tensors in the processor's memory
        "Fovea.Models/Kernels/HeadKernel.cs",
        "Fovea.Models/Kernels/NormKernel.cs",
        "Fovea.Models/Vision/OnnxTower.cs", // what a runtime of the processor computes
        "Fovea.Training/Checkpoints/Snapshot.cs", // the copy that is written to disk
        "Fovea.Training/Optimization/FusedKernels.cs", // numbers that a script reads
        "Fovea.Training/Running/TrainStep.cs", // weights of a batch, taken to the model's device
    ];

    [Fact]
    public void Tensors_are_made_on_the_device_that_needs_them()
    {
        var found = Projects.SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", p), "*.cs", SearchOption.AllDirectories))
            .Where(f => Constructors().Matches(File.ReadAllText(f))
                .Any(m => !m.Groups["arguments"].Value.Contains("device", StringComparison.OrdinalIgnoreCase)))
            .Select(f => Path.GetRelativePath(Path.Combine(Repository.Root, "src"), f).Replace('\\', '/'));
        Assert.Equal(Meant, found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("CPU")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda: 1")]
    [InlineData("")]
    public void A_name_that_is_no_device_is_refused(string name) =>
        Assert.Equal($"device: expected cpu, cuda or cuda:N, got '{name}'", Assert.Throws<FoveaException>(() => ComputeDevice.Check(name)).Message);

    [Theory]
    [InlineData("cuda:99")]
    [InlineData("cuda:2147483647")]
    public void A_device_that_is_absent_is_an_error_that_names_it_and_never_the_cpu_in_its_place(string name)
    {
        ComputeDevice.Check(name);
        TorchRuntime.Start(1);
        var message = Assert.Throws<FoveaException>(() => ComputeDevice.Open(name)).Message;
        Assert.StartsWith($"device {name}: not there; libtorch", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.True(ComputeDevice.Open(ComputeDevice.Cpu).IsCpu());
    }

    // A call and its arguments, with parentheses in them up to three deep.
    [GeneratedRegex(@"(?<![\w.])(?:torch\.)?(?:tensor|empty|zeros|ones|full|arange|eye|linspace|rand|randn|randint|from_array|as_tensor|TensorNumbers\.(?:Range|Full))\((?<arguments>(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*)\)")]
    private static partial Regex Constructors();
}
