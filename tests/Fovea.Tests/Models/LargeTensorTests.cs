using Fovea.Core.Samples;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Kernels;
using Fovea.Models.Parameters;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Tensors over 2 GiB and over 2^31 elements: needs 12 GB of memory and some minutes, so only where <c>tests/long/large</c> asks for it.</summary>
public sealed class LargeTensorTests
{
    private const long Rows = (1L << 21) + 1, Width = 1024; // 2^31 + 1024 elements

    public LargeTensorTests()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("FOVEA_LARGE") == "1", "12 GB of memory: run tests/long/large");
        TorchRuntime.Start(2);
    }

    [Fact]
    public void An_embedding_over_2_gib_is_hashed_saved_mapped_and_read()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var embedding = new ParameterSpec("x", [152_064, 3_584], Initial.One).Draw(1); // Qwen2-7B's
        embedding[152_063].fill_(7);
        Assert.True(TensorBytes.Count(embedding) > int.MaxValue);
        var hash = TensorBytes.Sha256(embedding);
        Assert.Equal(hash, TensorBytes.Sha256(embedding, int.MaxValue)); // two pieces
        SafetensorsFile.Write(folder["x.safetensors"], [KeyValuePair.Create("x", embedding)]);
        embedding.Dispose();
        using var file = SafetensorsFile.Open(folder["x.safetensors"]);
        using (var read = file.Read("x"))
        {
            Assert.Equal(hash, TensorBytes.Sha256(read));
        }

        using var mapped = file.Read("x", copy: false);
        Assert.Equal([1f, 7f], TensorBytes.Elements<float>(mapped, (152_063L * 3_584) - 1, 2).ToArray());
    }

    [Fact]
    public void A_run_of_a_model_with_a_tensor_over_2_gib_has_an_identity()
    {
        using var folder = new TemporaryFolder();
        using var model = ModelPresets.Create("tiny-text-2", new PresetVocabulary((1 << 25) + 100, 1, 2, 0), 1,
            new PresetSizes { HiddenSize = 16, NumHeads = 2, IntermediateSize = 24, TieWordEmbeddings = true });
        Assert.True(TensorBytes.Count(model.Parameters["model.embed_tokens.weight"]) > int.MaxValue);
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(Small.Samples(2)),
            Options = new TrainingOptions { Steps = 1, BatchSize = 1, CheckpointEvery = 1, Frozen = ["model.embed_tokens"], WarmupRatio = 0, MaxLogitsMib = 256 },
            Folder = folder.Path,
        };
        Assert.Equal(64, job.Identity().StartModel.Length);
    }

    [Fact]
    public void Images_over_2_gib_are_stacked_in_order()
    {
        using var scope = NewDisposeScope();
        using var model = (LlavaModel)ModelPresets.Create("tiny-llava", new PresetVocabulary(100, ImageTokenId: 3), 1,
            new PresetSizes { ImageSize = 336, PatchSize = 56 });
        PixelValues Image(float value) => new(3, 336, 336, [.. Enumerable.Repeat(value, 3 * 336 * 336)]);
        var (one, two) = (Image(1), Image(2));
        using var stacked = model.PackPixels([.. Enumerable.Repeat(one, 1_600), two])!;
        Assert.True(TensorBytes.Count(stacked) > int.MaxValue);
        Assert.Equal((1f, 2f, 2f), (stacked[1_599, 2, 335, 335].item<float>(), stacked[1_600, 0, 0, 0].item<float>(),
            stacked[1_600, 2, 335, 335].item<float>()));
    }

    [Fact]
    public void Kernels_reach_rows_beyond_2_to_the_31_elements()
    {
        using var scope = NewDisposeScope();
        using var x = zeros([Rows, Width], ScalarType.BFloat16);
        var last = randn([1, Width], generator: new Generator(1)).to(ScalarType.BFloat16);
        x.narrow(0, Rows - 1, 1).copy_(last);
        var weight = ones(Width);
        var (normed, _) = NormKernel.Forward(x, weight, 1e-5);
        Assert.Equal(Golden.Floats(NormKernel.Forward(last, weight, 1e-5).Output), Golden.Floats(normed.narrow(0, Rows - 1, 1)));
        normed.Dispose();
        var gated = GateKernel.Forward(x);
        Assert.Equal(Golden.Floats(GateKernel.Forward(last)), Golden.Floats(gated.narrow(0, Rows - 1, 1)));
        gated.Dispose();
        var ids = zeros(Rows, ScalarType.Int64);
        ids[Rows - 1] = 5;
        Assert.Equal(TargetKernel.Scores(last, ids.narrow(0, Rows - 1, 1), entropy: true)[0], TargetKernel.Scores(x, ids, entropy: true)[^1]);
        GateKernel.QuickGelu(x);
        Assert.Equal(Golden.Floats(GateKernel.QuickGelu(last)), Golden.Floats(x.narrow(0, Rows - 1, 1)));
    }
}
