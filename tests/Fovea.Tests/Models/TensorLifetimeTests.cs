using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Configs;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Models;

/// <summary>Counts every tensor of the process, so nothing else may run beside it.</summary>
[CollectionDefinition("Tensor lifetimes", DisableParallelization = true)]
public sealed class TensorLifetimes;

[Collection("Tensor lifetimes")]
public sealed class TensorLifetimeTests
{
    public TensorLifetimeTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData("tiny-llava")]
    [InlineData("tiny-solo")]
    [InlineData("tiny-text-2")]
    public void Tensors_do_not_pile_up_over_forwards_backwards_and_generation(string preset)
    {
        var vocabulary = new PresetVocabulary(90, 1, 2, 0, 4, new VisionTokenIds(5, 6, 7, 8));
        using var model = ModelPresets.Create(preset, vocabulary, 1, new PresetSizes { NumLayers = 4 });
        model.Parameters.SetTrainable(_ => true);
        // What other tests left to the finalizer goes first, so that only this test's tensors are counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var counts = new List<long>();
        for (var i = 0; i < 6; i++)
        {
            Use(model);
            counts.Add(torch.Tensor.TotalCount);
        }

        Assert.Equal(counts[1], counts[^1]);
    }

    private static void Use(VisionLanguageModel model)
    {
        int[] image = model.SeesImages ? model.ImageTokenIds(30, 30) : [];
        PixelValues[] pixels = model.SeesImages ? [new PixelValues(3, 30, 30, new float[2700])] : [];
        int[] ids = [1, .. image, 20, 21, 22];
        var sample = new ExpandedSample(ids, [ids.Length - 2, ids.Length - 1], pixels);
        using (var batch = Collator.Collate(model, [sample, sample]))
        {
            // Without a scope around it: only the result may be left.
            using var logits = model.Logits(batch);
            using var loss = logits.sum();
            loss.backward();
        }

        foreach (var (_, parameter) in model.Parameters.All)
        {
            parameter.grad = null;
        }

        GreedyGenerator.Generate(model, [sample, sample], 4, 2);
        DecodingMethod[] methods = [new VcdMethod(), new PaiMethod { FirstLayer = 0 }, new VarMethod { Sinks = [1], Tau = 1 }];
        foreach (var method in methods.Where(_ => model.SeesImages))
        {
            TextGenerator.Generate(model, [sample, sample], new GenerationOptions { MaxNewTokens = 4, Method = method, Beams = new BeamOptions() });
        }
    }
}
